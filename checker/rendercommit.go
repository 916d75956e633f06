package checker

import (
	"encoding/json"

	"flashsale/internal/evidence"
)

// shownCommit is a commit's layout in verdict.json.
type shownCommit struct {
	Position int64         `json:"position"`
	Log      string        `json:"log"`
	End      int64         `json:"end"`
	Changes  []shownChange `json:"changes"`
}

// shownChange leaves out the image that a change does not have.
type shownChange struct {
	Table  string `json:"table"`
	Before *image `json:"before,omitempty"`
	After  *image `json:"after,omitempty"`
}

type image evidence.Image

func (i *image) MarshalJSON() ([]byte, error)    { return marshalColumns("", i) }
func (i *image) UnmarshalJSON(text []byte) error { return unmarshalColumns(text, i) }

// MarshalJSON writes the commit and, of every image, the columns that are not zero.
func (c Commit) MarshalJSON() ([]byte, error) {
	shown := shownCommit{c.Position, c.Log, c.End, make([]shownChange, len(c.Changes))}
	for i, change := range c.Changes {
		shown.Changes[i] = shownChange{change.Table, shownImage(change.Before), shownImage(change.After)}
	}
	return json.Marshal(shown)
}

func shownImage(i evidence.Image) *image {
	if i == (evidence.Image{}) {
		return nil
	}
	shown := image(i)
	return &shown
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (c *Commit) UnmarshalJSON(text []byte) error {
	var shown shownCommit
	if err := json.Unmarshal(text, &shown); err != nil {
		return err
	}
	*c = Commit{Position: shown.Position, Log: shown.Log, End: shown.End, Changes: make([]evidence.Change, len(shown.Changes))}
	for i, change := range shown.Changes {
		to := &c.Changes[i]
		to.Table = change.Table
		if change.Before != nil {
			to.Before = evidence.Image(*change.Before)
		}
		if change.After != nil {
			to.After = evidence.Image(*change.After)
		}
	}
	return nil
}
