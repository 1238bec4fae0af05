package ra_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/workflow/definition"
)

// TestVocabularyRefusesWrongParameters: a definition that asks for what cannot be is refused when
// it is loaded.
func TestVocabularyRefusesWrongParameters(t *testing.T) {
	t.Parallel()
	v := ra.Vocabulary()
	wrong := map[string][]definition.Params{
		"form":    {nil, {"containers": []any{}}, {"container": "archivo"}, {"containers": "archivo"}},
		"billing": {{"x": int64(1)}},
		"payment": {nil, {"fee": "25"}, {"fee": "-1.00"}, {"fee": "0.00"}, {"fee": int64(25)}},
		"evidence": {
			nil,
			{"kind": "x", "max-bytes": int64(1)},
			{"kind": "x", "max-bytes": int64(0), "types": []any{"application/pdf"}},
		},
		"documents": {{"all-of": []any{map[string]any{"proves": "x"}}}, {"all-of": "x"}},
		"given":     {nil, {"data": []any{}}}, "affirmed": {nil}, "unchanged": {nil},
		"same":     {nil, {"data": []any{"a"}}, {"data": []any{"a", "b", "c"}}},
		"reviewed": {nil, {"over": []any{}}}, "future": {nil}, "reached": {{"instant": ""}},
		"contract": {
			nil,
			{"document": "a", "extends": "b"},
			{"document": "a", "extends": "b", "signers": []any{}},
		},
	}
	require.Len(t, wrong, len(v.Guards))
	for name, list := range wrong {
		for _, params := range list {
			_, err := v.Guards[name](params)
			require.Error(t, err, "%s %v", name, params)
		}
	}
	for name, list := range map[string][]definition.Params{
		"one-application": {nil, {"program": ""}}, "receipt": {{"x": "y"}}, "envelope": {{"x": "y"}},
		"invoice-number": {nil, {"series": "1-2"}, {"series": "001-0002"}},
	} {
		for _, params := range list {
			_, err := v.Claims[name](params)
			require.Error(t, err, "%s %v", name, params)
		}
	}
	for name, list := range map[string][]definition.Params{
		"mail": {nil, {"letter": "a", "to": "nobody"}, {"letter": "a", "to": "applicant", "cc": []any{"x"}},
			// File and password never share a message, and neither goes to anybody else.
			{"letter": "a", "to": "applicant", "reveal": true, "attach": []any{"key-file"}},
			{"letter": "a", "to": "applicant", "reveal": true, "cc": []any{"operator"}},
			{"letter": "a", "to": "operator", "reveal": true},
			{"letter": "a", "to": "operator", "attach": []any{"key-file"}},
			{"letter": "a", "to": "applicant", "cc": []any{"operator"}, "attach": []any{"key-file"}}},
		"invoice": {nil, {"series": "001-002", "code": "x", "description": "y", "net": "30.00", "fee": "25.00"}},
		"issue":   {nil}, "contract": {nil}, "destroy-secrets": {{"x": "y"}},
		"revoke": {nil, {"reason": "certificateHold"}, {"reason": "5"}},
	} {
		for _, params := range list {
			require.Error(t, v.Effects[name](params), "%s %v", name, params)
		}
	}
}
