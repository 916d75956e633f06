package checker

// eventAtomic leaves the judging to the replay of the commit log, which sees every transaction whole: for each
// order that a commit touches, the events that it stored must lead from the order's status before to that after,
// in some order, and a payment takes its hold and its stock along. A change whose event is in another transaction
// is a change without an event, and an event whose effects are in another one leads nowhere.
//
// An innocent shop writes both or neither, whatever it batches, retries or loses: a commit is what everybody else
// sees at once. It cannot see an effect on anything but the four tables.
func eventAtomic() check {
	return check{
		name:    "event-atomic",
		promise: "A payment event and its effects commit in the same transaction.",
		needs:   []Need{NeedCommits},
		judge:   func(_ *index, f *findings) { f.exercised = f.replayed },
	}
}
