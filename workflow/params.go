package workflow

// Params are the parameters that a definition gives a word: a map of strings, int64, float64,
// bools, []any and map[string]any.
type Params map[string]any
