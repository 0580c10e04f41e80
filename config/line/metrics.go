package line

import "github.com/prometheus/client_golang/prometheus"

// metrics are what a worker counts. Labels hold sites, tracers and results
// only, never tokens.
type metrics struct {
	registry *prometheus.Registry
	jobs     *prometheus.CounterVec
	seconds  prometheus.Histogram
	listed   prometheus.Counter
	notices  *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tacstream_jobs_total", Help: "Jobs that came to an end, by how: estimated, failed, curves, inconsistent, stale, handed-back, error, dead.",
		}, []string{"result"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tacstream_job_seconds", Help: "Time from taking a job to settling it.", Buckets: prometheus.ExponentialBuckets(0.1, 2, 12),
		}),
		listed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tacstream_recovered_by_listing_total", Help: "Changes that the lister found and no notice had told.",
		}),
	}
	m.notices = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tacstream_notices_not_followed_total", Help: "Notices that were not followed, by their source and why: refused, malformed, beyond the limit of one message, or of an object that the store does not hand out.",
	}, []string{"source", "why"})
	m.registry.MustRegister(m.jobs, m.seconds, m.listed, m.notices)
	return m
}
