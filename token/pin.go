package token

// PINRule says how many wrong tries of a PIN a device stands. The zero value is the rule of the
// Colombian VUCE programme: three wrong tries are forgiven, "more than three" block, so the fourth
// one does. Real tokens often block at the third: that is Allowed 2.
type PINRule struct {
	// Allowed is the number of wrong tries in a row after which the device still answers. 0 means
	// 3; a negative value means none: the first wrong try blocks.
	Allowed int
}

// PINState is what has to be remembered of a device: it is stored by the caller. The zero value is
// a new device.
type PINState struct {
	Failures int  `json:"failures"` // wrong tries in a row
	Blocked  bool `json:"blocked"`
}

// Try returns the state after one try and whether the device accepted it. A blocked device accepts
// nothing, also not the right PIN; a right PIN sets the count back.
func (r PINRule) Try(s PINState, right bool) (PINState, bool) {
	switch {
	case s.Blocked:
		return s, false
	case right:
		return PINState{}, true
	}
	s.Failures++
	s.Blocked = s.Failures > r.allowed()
	return s, false
}

// Left returns how many wrong tries remain before the one that blocks; 0 means that the next wrong
// try blocks, or that the device is blocked.
func (r PINRule) Left(s PINState) int {
	if s.Blocked {
		return 0
	}
	return max(0, r.allowed()-s.Failures)
}

// Unblock returns the state after a PUK or a new PIN set by the issuer.
func (PINRule) Unblock(PINState) PINState { return PINState{} }

func (r PINRule) allowed() int {
	switch {
	case r.Allowed == 0:
		return 3
	case r.Allowed < 0:
		return 0
	}
	return r.Allowed
}
