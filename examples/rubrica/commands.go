package main

// signUsage is what sign, prepare and extend share.
const signUsage = "[--profile sri|xades|xades-enveloping|xades-detached|pades|firmaec|cades|" +
	"cades-detached] [--level B|T|LT|LTA] [--tsa URL|--tsa-p12 F] [--digest H] " +
	"[--trust|--intermediate|--crl|--ocsp F]… [--fetch]"

// commands lists what the command can do. What is not listed does not exist.
func commands() []command {
	return append([]command{
		{"demo", "[--out DIR] [--process icert-natural|all] [--lang es|en]",
			"runs the main job and leaves every artefact in DIR", runDemo},
		{"sign", "--p12 F " + signUsage + " [--out F] FILE", "signs a file", sign},
		{"prepare", "--cert PEM… " + signUsage + " --state F FILE",
			"makes all of a signature but its value", prepare},
		{"complete", "--state F --signature F --out F",
			"puts the value into the signature, and brings it to the level prepared", complete},
		{"extend", "--level T|LT|LTA [evidence as sign] [--detached F] [--out F] FILE",
			"adds time stamps and evidence", extend},
		{"verify", "[--trust F]… [--intermediate F]… [--crl F]… [--ocsp F]… [--require-revocation] " +
			"[--time T] [--detached F]… [--password P] [--policy F] FILE…",
			"judges every signature of each file", verify},
		{"c14n", "--method 1.0|1.1|exclusive [--with-comments] [--apex NAME] [--omit NAME] " +
			"[--prefixes \"a b\"] FILE", "writes canonical octets", canonicalize},
		{"p12 open", "[--password P] FILE", "lists the keys of a PKCS#12 file", openP12},
		{"tsp verify", "[--trust F]… [--intermediate F]… [--time T] [--detached F] FILE",
			"judges a time stamp", verifyTSP},
		{"tsa serve", "--p12 F [--listen ADDR]", "runs a time-stamping authority", serveTSA},
	}, append(statusCommands(), caCommands()...)...)
}
