package strawman

import (
	"net/http"

	"flashsale/internal/api"
)

// answer is what a request comes to: a status and a JSON body. A body of type api.Problem is a refusal.
type answer struct {
	status   int
	body     any
	replayed bool   // Idempotent-Replayed: true
	allow    string // for 405: the methods that would do
}

func ok(body any) answer      { return answer{status: http.StatusOK, body: body} }
func created(body any) answer { return answer{status: http.StatusCreated, body: body} }

// refusal is a problem of the given type; its status and title follow from the type.
func refusal(kind, detail string) answer {
	status, title := problemStatus(kind)
	return answer{status: status, body: api.Problem{Type: kind, Title: title, Status: status, Detail: detail}}
}

func (a answer) refused() bool { return a.status >= http.StatusBadRequest }

func problemStatus(kind string) (status int, title string) {
	switch kind {
	case api.ProblemMalformed:
		return http.StatusBadRequest, "The body is not acceptable JSON"
	case api.ProblemSignature:
		return http.StatusUnauthorized, "The webhook's signature is not valid"
	case api.ProblemNotFound:
		return http.StatusNotFound, "There is no such thing"
	case api.ProblemMethod:
		return http.StatusMethodNotAllowed, "The method does not apply here"
	case api.ProblemNotEnoughStock:
		return http.StatusConflict, "There is not enough stock"
	case api.ProblemHoldAlreadyUsed:
		return http.StatusConflict, "The hold has been ordered already"
	case api.ProblemHoldExpired:
		return http.StatusConflict, "The hold has expired"
	case api.ProblemHoldCanceled:
		return http.StatusConflict, "The hold has been canceled"
	case api.ProblemTooLarge:
		return http.StatusRequestEntityTooLarge, "The body is too large"
	case api.ProblemInvalid:
		return http.StatusUnprocessableEntity, "The request is not valid"
	case api.ProblemKeyReused:
		return http.StatusUnprocessableEntity, "The idempotency key belongs to another request"
	case api.ProblemOverloaded:
		return http.StatusServiceUnavailable, "Overloaded: the request had no effect"
	case api.ProblemOutcomeUnknown:
		return http.StatusGatewayTimeout, "The outcome is unknown: the request may have had an effect"
	}
	return http.StatusInternalServerError, "Internal error"
}
