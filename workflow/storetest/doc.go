// Package storetest says in tests what a store of processes (Run) and a store of sealed records
// (RunVault) must do. Whoever writes an adapter calls both from a test of their own:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Opener { … })
//	}
package storetest
