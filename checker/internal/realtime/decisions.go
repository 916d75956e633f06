package realtime

// decisions knows by when the commits were decided.
type decisions struct {
	newest []int64 // by position, less one: the newest decision time up to there
	near   int     // where the last search ended
}

// add records the decision time of the next commit.
func (d *decisions) add(at int64) {
	d.newest = append(d.newest, max(at, d.newestAt(Position(len(d.newest)))))
}

// newestAt is the newest decision time up to a position; 0 at the start.
func (d *decisions) newestAt(at Position) int64 {
	if at == 0 {
		return 0
	}
	return d.newest[at-1]
}

// by is the last position at which nothing was decided after a time; Never if that is all there is.
func (d *decisions) by(at int64) Position {
	d.near = seek(d.newest, d.near, at)
	if d.near == len(d.newest) {
		return Never
	}
	return Position(d.near)
}
