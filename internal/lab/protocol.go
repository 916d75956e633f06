package lab

import "flashsale/internal/database"

// What a keeper can be asked to do.
const (
	doStart   = "start"   // run Program; the reply has PID
	doSignal  = "signal"  // send Signal to the process group of Child
	doMakeDir = "makedir" // make a temporary directory, removed at the end; the reply has Dir
	doRelease = "release" // do not remove Dir at the end
	doAdopt   = "adopt"   // drop Database on DSN at the end
	doForget  = "forget"  // do not drop Database at the end
	doGuard   = "guard"   // remove Container at the end
	doUnguard = "unguard" // do not remove Container at the end
)

// request is one line to the keeper. Secrets (DSN, Program.Env) go through the pipe only.
type request struct {
	ID       int64             `json:"id"` // unique; of a start, the child's name from then on
	Do       string            `json:"do"`
	Program  *database.Program `json:"program,omitempty"`
	Child    int64             `json:"child,omitempty"`
	Signal   int               `json:"signal,omitempty"`
	Dir      string            `json:"dir,omitempty"`
	DSN      string            `json:"dsn,omitempty"`
	Database string            `json:"database,omitempty"`

	Container string `json:"container,omitempty"` // by name
}

// message is one line from the keeper: the reply to a request if ID is set, else the news that Child has
// ended.
type message struct {
	ID    int64  `json:"id,omitempty"`
	Error string `json:"error,omitempty"` // of a reply: why it was refused
	PID   int    `json:"pid,omitempty"`
	Dir   string `json:"dir,omitempty"`

	Child  int64  `json:"child,omitempty"`
	Failed string `json:"failed,omitempty"` // how it ended, as "exit status 2"; empty for status 0
	Cost   *Cost  `json:"cost,omitempty"`   // what it took, where the system tells
}
