package path

func (w *walk) conform()       {}
func (w *walk) conformAnchor() {}
