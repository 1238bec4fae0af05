// Package calendar counts calendar and business time by the holidays of Ecuador and Colombia.
package calendar
