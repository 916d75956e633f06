// Package fault does harm to a running system, and takes it back: processes are killed and frozen, roads
// between them blocked, answers lost, disks filled. One small type per file and kind; each says what it
// needs, injects, heals, and asks the VICTIM whether it was hit: that a signal could be sent proves nothing.
// A fault that did not bite leaves the run undecided.
//
// When faults strike is not decided here: the plan of a run places them, and the simulator's injector carries
// the plan out. What they act through are the small interfaces of this package; whoever runs the system
// implements them.
package fault
