package realtime

// Sight is a view of a product's stock: at any position of a window and any instant of a span of database time.
type Sight struct {
	Window
	From, To int64 // database microseconds
}

// First is the least position in sight at which exactly so much was available.
func (s *Stock) First(in Sight, available int64) (Position, bool) {
	return s.find(in, available, false)
}

// FirstInside allows for a decision inside a commit, too. It has seen at least what was before that commit.
func (s *Stock) FirstInside(in Sight, available int64) (Position, bool) {
	return s.find(in, available, true)
}

// find goes through the steps in sight. What a step says of other instants is off by what lapses between its own
// and those in sight, and a block of steps that cannot explain the answer even so is passed over. Steps in sight were
// decided before its end, which the window sees to.
func (s *Stock) find(in Sight, available int64, inside bool) (Position, bool) {
	begin := s.stepAt(in.Low)
	if begin == s.steps.Len() {
		return 0, false
	}
	back := s.lapses.within(in.From, in.To)
	forth := s.lapses.within(s.steps.At(uint32(begin)).at, in.To)
	for i := begin; i < s.steps.Len() && s.visible(i, in.Window); {
		b := &s.blocks[i/stepsPerBlock]
		if i%stepsPerBlock == 0 && (available < b.low-back || available > b.high+forth) {
			i += stepsPerBlock
			continue
		}
		if at, ok := s.fits(i, in, available, inside); ok {
			return at, true
		}
		i++
	}
	return 0, false
}

// visible tells whether a step holds at some position of a window.
func (s *Stock) visible(i int, w Window) bool {
	return !w.Empty() && s.positions[i] <= w.High
}

// fits finds the position at which a step explains what was available. Inside a commit counts only where all of the
// commit lies in the window.
func (s *Stock) fits(i int, in Sight, available int64, inside bool) (Position, bool) {
	st, position := s.steps.At(uint32(i)), s.positions[i]
	if inside && position > in.Low {
		if low, high := s.inside(st, in.From, in.To); low <= available && available <= high {
			return position - 1, true
		}
	}
	if low, high := s.between(st, in.From, in.To); low <= available && available <= high {
		return max(position, in.Low), true
	}
	return 0, false
}

// stepAt finds the last step up to a position; the first of all if there is none, for then the product came into
// being later.
func (s *Stock) stepAt(at Position) int {
	s.near = seek(s.positions, s.near, at)
	return max(s.near-1, 0)
}

// Range bounds what can have been available anywhere in sight, commits' insides included; ok is false if the
// product could not be seen there.
func (s *Stock) Range(in Sight) (low, high int64, ok bool) {
	for i := s.stepAt(in.Low); i < s.steps.Len() && s.visible(i, in.Window); i++ {
		st := s.steps.At(uint32(i))
		l, h := s.between(st, in.From, in.To)
		if s.positions[i] > in.Low {
			il, ih := s.inside(st, in.From, in.To)
			l, h = min(l, il), max(h, ih)
		}
		if !ok {
			low, high, ok = l, h, true
		}
		low, high = min(low, l), max(high, h)
	}
	return low, high, ok
}

// Price tells whether a unit cost so much at some position of a window.
func (s *Stock) Price(w Window, cost int64) bool {
	for i, p := range s.prices {
		ended := i+1 < len(s.prices) && s.prices[i+1].position <= w.Low
		if !ended && max(p.position, w.Low) <= w.High && p.price == cost {
			return true
		}
	}
	return false
}

// Since is the position at which the product came into being.
func (s *Stock) Since() Position { return s.positions[0] }

// Inside bounds what was available to whoever decided inside the commit at a position, at instants from one to
// another; ok is false if that commit did not concern the product.
func (s *Stock) Inside(at Position, from, to int64) (low, high int64, ok bool) {
	i := s.stepAt(at)
	if i == s.steps.Len() || s.positions[i] != at {
		return 0, 0, false
	}
	low, high = s.inside(s.steps.At(uint32(i)), from, to)
	return low, high, true
}

// Positions lists a few of the commits that can be seen in a window, the one before it included.
func (s *Stock) Positions(w Window) (list []Position) {
	for i := s.stepAt(w.Low); i < s.steps.Len() && s.visible(i, w); i++ {
		list = append(list, s.positions[i])
	}
	return few(list)
}
