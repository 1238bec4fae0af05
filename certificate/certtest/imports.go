package certtest

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/rubrica/rubrica/"

// Imports fails the test when one of the packages (a pattern below the module, such as
// "signing/...") depends, directly or not, on a package outside the standard library that no
// prefix in allowed names. Prefixes of our own packages are written without the module's path.
// Packages for tests only (named …test) are left out.
func Imports(t testing.TB, pattern string, allowed ...string) {
	t.Helper()
	root := moduleRoot(t)
	for _, pkg := range goList(t, root, "./"+pattern) {
		if strings.HasSuffix(pkg, "test") {
			continue
		}
		const foreign = "{{if not .Standard}}{{.ImportPath}}{{end}}"
		for _, dep := range goList(t, root, "-deps", "-f", foreign, pkg) {
			if !allowedImport(dep, allowed) {
				t.Errorf("%s depends on %s, which its room does not allow",
					strings.TrimPrefix(pkg, module), dep)
			}
		}
	}
}

func allowedImport(dep string, allowed []string) bool {
	for _, prefix := range allowed {
		if !strings.Contains(strings.SplitN(prefix, "/", 2)[0], ".") {
			prefix = module + prefix
		}
		if dep == prefix || strings.HasPrefix(dep, prefix+"/") {
			return true
		}
	}
	return false
}

func goList(t testing.TB, root string, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.Fields(string(out))
}
