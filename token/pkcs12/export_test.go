package pkcs12

// Loosen is for tests outside the package.
var Loosen = loosen
