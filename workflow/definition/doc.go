// Package definition reads processes that are data: their commands, states, transitions and timers,
// usually in a YAML file. What a definition means, and whether it can work, is found out by
// workflow.Compile; the form of a file is shown there.
package definition
