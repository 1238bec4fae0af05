package pdf

// recover is what Options.Recover allows.
func (f *File) recover(why error) error { return why }

// currentEntries returns the entries that count now, but for those in except.
func (f *File) currentEntries(except map[uint32]int) []entry { return nil }
