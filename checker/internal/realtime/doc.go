// Package realtime joins the order of commits with what clients saw and when. It knows no server and no verdict:
// it says which positions in the commit order an answer can have been given at.
//
// Position p is the state after commit p; position 0 is the state in which the log begins. The order of commits is
// total and is the order in which they became visible, so whoever reads sees exactly the commits up to some
// position. An answer has two rigorous bounds on its own:
//
//   - low: whatever had been shown by answers that returned before its call must be visible to it;
//   - high: whatever was first called after its return must not be, so it lies before the first such commit.
//
// A commit is bounded from below by the EARLIEST attempt of its request, for that attempt may be the one that took
// effect. Rows whose request is not known (the sweep's, other people's) bound nothing.
//
// Answers bound each other as well: one that returned before another's call cannot have seen more than it. Sweep
// goes through the answers in the order of their returns and lets each take the LEAST position that fits it and is
// no less than what those before it took. That choice is the best there is. In any assignment that explains all
// answers, each has at least the position that it takes here: its predecessors have at least theirs, by induction
// over the returns (whoever bounds an answer returned before its call, hence before its return), so the least
// position that fits above them cannot be greater than the one it has there. And nothing but a predecessor ever
// asks an answer for a LOW position: the upper bounds come from commits, whose positions are given. So an answer
// that finds no position here has none in any assignment: it was true at no instant between its call and its
// return. One that finds none takes none, and does not bound those after it.
//
// What was available also depends on the time: a lapsed hold is on sale again, commit or no commit. A statement
// reads the clock when it starts, its snapshot is a little younger, and a commit becomes visible a while after the
// time that it stored. So time and position are tied only loosely, and an answer may combine any position of its
// window with any instant between its call and its return, by the rigorous bounds of the clock probes. One thing is
// certain: no commit is visible before its decision time.
package realtime
