package token_test

import (
	"bytes"
	"database/sql/driver"
	"encoding"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"text/template"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/token"
)

const canary = "canary-6731"

// holders are the ways in which a secret may be inside something else.
func holders() map[string]any {
	s := token.SecretString(canary)
	type exported struct{ S token.Secret }
	type pointer struct{ S *token.Secret }
	type unexported struct{ s token.Secret }
	type embedded struct{ token.Secret }
	type stripped token.Secret // a defined type has no methods
	return map[string]any{
		"value": s, "pointer": &s, "exported": exported{s}, "exported pointer": &exported{s},
		"pointer field": pointer{&s}, "unexported": unexported{s}, "embedded": embedded{s},
		"slice": []token.Secret{
			s,
		}, "map": map[string]token.Secret{"k": s}, "interface": []any{s, &s},
		"stripped": stripped(s), "deep": map[string]any{"a": []any{exported{s}, unexported{s}}},
	}
}

// requireHidden fails if the canary is in the output in any spelling that a printer might choose.
func requireHidden(t testing.TB, what, out string) {
	t.Helper()
	for _, form := range []string{
		canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprintf("% x", canary),
		strings.Trim(fmt.Sprint([]byte(canary)), "[]"), fmt.Sprintf("%#v", []byte(canary)),
		"Y2FuYXJ5LTY3MzE", // base64
	} {
		require.NotContains(t, out, form, what)
	}
}

func TestSecretIsNotPrinted(t *testing.T) {
	t.Parallel()
	for name, v := range holders() {
		for _, verb := range []string{
			"%v", "%+v", "%#v", "%s", "%q", "%#q", "%x", "%X", "% x", "%#x", "%d", "%o", "%b", "%c", "%U", "%e", "%f",
			"%g", "%t", "%p", "%T", "%w", "%10.3s", "%!",
		} {
			requireHidden(t, name+" "+verb, fmt.Sprintf(verb, v))
		}
		requireHidden(t, name, fmt.Sprint(v)+fmt.Sprintln(v))
		requireHidden(t, name, fmt.Errorf("wrapped: %v", v).Error())
		var out bytes.Buffer
		log.New(&out, "", 0).Print(v)
		tpl := template.Must(template.New("").Parse("{{.}} {{printf \"%v\" .}}"))
		_ = tpl.Execute(&out, v)
		requireHidden(t, name, out.String())
	}
	s := token.SecretString(canary)
	require.Equal(t, "[secret]", s.String())
	require.Equal(t, "[secret]", s.GoString())
	require.Equal(t, "[secret] [secret]", fmt.Sprintf("%s %#v", s, &s))
}

// Printers that follow pointers by reflection: testify's differences are made by such a one.
func TestSecretIsNotFoundByReflection(t *testing.T) {
	t.Parallel()
	type holder struct{ s token.Secret }
	spy := &spyT{}
	assert.Equal(spy, holder{token.SecretString(canary)}, holder{token.SecretString("other")})
	require.NotEmpty(t, spy.out.String())
	requireHidden(t, "testify", spy.out.String())
}

type spyT struct{ out bytes.Buffer }

func (s *spyT) Errorf(format string, args ...any) { fmt.Fprintf(&s.out, format, args...) }

func TestSecretIsNotLogged(t *testing.T) {
	t.Parallel()
	for name, v := range holders() {
		var out bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
			logger := slog.New(handler)
			logger.Info("x", "k", v, slog.Group("g", "k", v))
			logger.With("w", v).WithGroup("h").Warn(fmt.Sprint(v), slog.Any("a", v))
		}
		requireHidden(t, name, out.String())
	}
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "k", token.SecretString(canary))
	require.Contains(t, out.String(), `"k":"[secret]"`)
}

func TestSecretIsNotMarshalled(t *testing.T) {
	t.Parallel()
	refusing := map[string]bool{
		"value": true, "pointer": true, "exported": true, "exported pointer": true, "pointer field": true,
		"embedded": true, "slice": true, "map": true, "interface": true, "deep": true,
	}
	encoders := map[string]func(any) ([]byte, error){
		"json": json.Marshal,
		"gob": func(v any) ([]byte, error) {
			var out bytes.Buffer
			err := gob.NewEncoder(&out).Encode(v)
			return out.Bytes(), err
		},
		"xml":  xml.Marshal,
		"yaml": yaml.Marshal,
	}
	for encoder, marshal := range encoders {
		for name, v := range holders() {
			out, err := marshal(v)
			requireHidden(t, encoder+" "+name, string(out))
			if refusing[name] {
				require.Error(t, err, "%s %s", encoder, name)
			}
			if err != nil {
				requireHidden(t, encoder+" "+name, err.Error())
			}
		}
		_, err := marshal(token.SecretString(canary))
		require.ErrorContains(t, err, token.ErrSecret.Error(), encoder)
	}
	type attribute struct {
		S token.Secret `xml:"s,attr"`
	}
	_, err := xml.Marshal(attribute{token.SecretString(canary)})
	require.ErrorIs(t, err, token.ErrSecret)
}

func TestSecretRefusesEveryEncodingInterface(t *testing.T) {
	t.Parallel()
	var s any = token.SecretString(canary)
	_, err := s.(encoding.TextMarshaler).MarshalText()
	require.ErrorIs(t, err, token.ErrSecret)
	_, err = s.(encoding.BinaryMarshaler).MarshalBinary()
	require.ErrorIs(t, err, token.ErrSecret)
	_, err = s.(driver.Valuer).Value()
	require.ErrorIs(t, err, token.ErrSecret)
}

func TestSecretRevealsAndDestroys(t *testing.T) {
	t.Parallel()
	raw := []byte(canary)
	s := token.NewSecret(raw)
	clear(raw)
	require.Equal(t, canary, string(s.Reveal()))
	clear(s.Reveal())
	require.Equal(t, canary, string(s.Reveal()), "Reveal hands out a copy")
	twin := s
	require.True(t, s.Equal(token.SecretString(canary)))
	require.False(t, s.Equal(token.SecretString(canary+"x")))
	require.False(t, s.Empty())
	s.Destroy()
	s.Destroy()
	require.True(t, twin.Destroyed())
	require.Empty(t, twin.Reveal())
	require.True(t, twin.Empty())
	require.False(t, twin.Equal(twin), "a destroyed code matches nothing")
	require.False(t, twin.Equal(token.Secret{}))

	var zero token.Secret
	zero.Destroy()
	require.True(t, zero.Empty())
	require.False(t, zero.Destroyed())
	require.True(t, zero.Equal(token.SecretString("")))
	require.Equal(t, "[secret]", fmt.Sprint(zero))
}

func TestSecretIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	s := token.SecretString(canary)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			_ = s.Reveal()
			_ = s.Equal(s)
			if i == 4 {
				s.Destroy()
			}
		})
	}
	wg.Wait()
	require.True(t, s.Destroyed())
}

func TestPasswordAndDigits(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		p, err := token.Password(nil, 0)
		require.NoError(t, err)
		text := string(p.Reveal())
		require.Len(t, strings.ReplaceAll(text, "-", ""), 16, "16 characters of 5 bits are 80 bits")
		for _, r := range text {
			require.True(t, r > ' ' && r < 0x7f)
		}
		require.False(t, seen[text])
		seen[text] = true
	}
	p, err := token.Password(nil, 128)
	require.NoError(t, err)
	require.Len(t, strings.ReplaceAll(string(p.Reveal()), "-", ""), 26)

	code, err := token.Digits(bytes.NewReader([]byte{255, 250, 249, 0, 13, 7}), 4)
	require.NoError(t, err)
	require.Equal(t, "9037", string(code.Reveal()), "octets from 250 on are drawn again")

	for _, bits := range []int{1, 79, 1025, -1} {
		_, err := token.Password(nil, bits)
		require.ErrorIs(t, err, token.ErrWeak)
	}
	for _, n := range []int{0, 3, 65, -1} {
		_, err := token.Digits(nil, n)
		require.ErrorIs(t, err, token.ErrWeak)
	}
	dry := errors.New("dry")
	_, err = token.Password(failing{dry}, 0)
	require.ErrorIs(t, err, dry)
	_, err = token.Digits(constant(0xff), 6)
	require.ErrorContains(t, err, "no usable octets", "a source that is stuck ends")
	_, err = token.Digits(failing{dry}, 6)
	require.ErrorIs(t, err, dry)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// constant is a source of randomness that is stuck.
type constant byte

func (c constant) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c)
	}
	return len(p), nil
}
