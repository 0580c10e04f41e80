package s3

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"

	"github.com/minio/minio-go/v7"

	"tacstream/ingest"
)

var (
	// ErrGone means that the bucket answers and holds no such object. It is
	// ingest.ErrGone under another name. A bucket that is missing itself is
	// an ordinary error: an unmounted disk must not look like deletions.
	ErrGone = ingest.ErrGone
	// ErrStale means that the object is another one than the ETag names.
	ErrStale = errors.New("object has changed")
	// ErrPrecondition means that a conditional write came too late.
	ErrPrecondition = errors.New("object was written by somebody else")
	// ErrTooLarge means that an object is beyond Options.MaxBytes.
	ErrTooLarge = ingest.NewSentinel(ingest.CodeTooLarge, "object beyond the size limit")
)

// An Error says what a store answered. It names the bucket and never the key.
// Errors that are not ErrGone, ErrStale, ErrPrecondition or ErrTooLarge may
// pass with time.
type Error struct {
	Op     string // such as "get"
	Bucket string
	Code   string // S3's code, or what the network said
	Status int    // of HTTP, 0 where there was no answer
	class  error  // may be nil
	away   bool   // the store answered nothing else either
}

// HTTPStatus returns Status.
func (e *Error) HTTPStatus() int { return e.Status }

// Is makes the error an ingest.ErrUnreadable where the store denies a request
// for good, and an ingest.ErrAway where there is no store.
func (e *Error) Is(target error) bool {
	switch target {
	case ingest.ErrUnreadable:
		return e.denied()
	case ingest.ErrAway:
		return e.away
	}
	return false
}

// denied reports whether the store will answer the same to the same request. A
// status of 404 is left out: without the code of a missing object it says that
// the bucket is missing, or the store.
func (e *Error) denied() bool {
	switch e.Status {
	case http.StatusNotFound, http.StatusRequestTimeout, http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable, http.StatusTooManyRequests:
		return false
	}
	return e.Status >= 400 && e.Status < 500
}

// Error returns the operation, the bucket and the code.
func (e *Error) Error() string {
	text := fmt.Sprintf("s3 %s in bucket %s: %s", e.Op, e.Bucket, e.Code)
	if e.class != nil {
		text += ": " + e.class.Error()
	}
	return text
}

// Unwrap returns the class of the error, nil where a retry may help.
func (e *Error) Unwrap() error { return e.class }

// safeCode is what S3's codes look like. Anything else might quote a request.
var safeCode = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,63}$`)

// wrap turns an error of the client into an Error without a key in it.
func wrap(op, bucket string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Op: op, Bucket: bucket}
	var own *Error
	var resp minio.ErrorResponse
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &resp):
		e.Code, e.Status = resp.Code, resp.StatusCode
		if !safeCode.MatchString(e.Code) {
			e.Code = fmt.Sprintf("HTTP %d", e.Status)
		}
		e.class = classOf(e.Code, e.Status)
	default:
		e.Code, e.class = networkCode(err)
	}
	return e
}

// classOf returns the class of an answer, nil where a retry may help.
func classOf(code string, status int) error {
	switch {
	case code == minio.NoSuchKey:
		return ErrGone
	case status == http.StatusPreconditionFailed:
		return ErrPrecondition
	}
	return nil
}

// networkCode describes why there was no answer. The text of other errors is
// withheld: it often holds the URL, and with it the key.
func networkCode(err error) (code string, class error) {
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled", context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time", context.DeadlineExceeded
	case errors.As(err, &op):
		return op.Error(), nil
	case errors.As(err, &cert):
		return cert.Error(), nil
	case strings.HasSuffix(err.Error(), " is offline."):
		return "offline", nil
	}
	return "the connection broke", nil
}

// refused reports that the store knows the request for what it is and will not
// have it.
func refused(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
}

// final reports that the same request would fail again at once. It says
// nothing of later: a denied bucket may be opened.
func final(err error) bool {
	for _, class := range []error{ErrGone, ErrStale, ErrPrecondition, ErrTooLarge} {
		if errors.Is(err, class) {
			return true
		}
	}
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusRequestedRangeNotSatisfiable:
		return false
	}
	return e.Status >= 400 && e.Status < 500
}
