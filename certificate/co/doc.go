// Package co knows Colombia: the numbers that name taxpayers and people there.
package co
