package filemail

// Render is render, for the fuzz target.
var Render = render
