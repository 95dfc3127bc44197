//! The facade [metrics](https://docs.rs/metrics) with metrics per instance: code that says `counter!("requests")` counts in
//! the instance that it runs in.
//!
//! ```standalone_crate
//! use metrics::counter;
//! use prometheus_client::{encoding::text::encode, registry::Registry};
//! use vimage_integrations::metrics::InstanceRecorder;
//!
//! vimage::class! {
//!     /// One customer.
//!     pub struct Tenant;
//!     no_context = base
//! }
//!
//! #[vimage::module(class = crate::Tenant)]
//! mod metered {
//!     use vimage::prelude::*;
//!     use vimage_integrations::metrics::Metrics;
//!
//!     #[virtualized]
//!     pub static METRICS: Metrics = Metrics::new();
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let recorder = InstanceRecorder::<Tenant, _>::new(&metered::V_METRICS);
//! metrics::set_global_recorder(recorder.clone())?;
//! let mut registry = Registry::default();
//! registry.register_collector(Box::new(recorder));
//!
//! metrics::describe_counter!("requests", "Requests so far.");
//! counter!("requests", "method" => "GET").increment(2);
//!
//! let mut text = String::new();
//! encode(&mut text, &registry)?;
//! assert_eq!(text, "\
//! ## HELP requests Requests so far.
//! ## TYPE requests counter
//! requests_total{instance=\"\",id=\"0\",method=\"GET\"} 2
//! ## EOF
//! ");
//! # Ok(())
//! # }
//! ```
//!
//! The alternative is `cargo vimage vendor metrics`: each instance then has a recorder of its own, of any exporter. It
//! needs a copy of the facade in the workspace; this does not.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use ::metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit as MetricsUnit,
};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, histogram::Histogram as Buckets};
use vimage::{Class, Instance, Virtualized};

use crate::prometheus::{id, metric_name};

/// The upper bounds of histograms, unless [`InstanceRecorder::buckets`] names others: those of Prometheus's own clients.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The metrics of one instance: the type of the virtualized static that an [`InstanceRecorder`] writes to.
#[derive(Default)]
pub struct Metrics {
    counters: Table<AtomicU64>,
    /// The bits of an `f64`.
    gauges: Table<AtomicU64>,
    histograms: Table<Distribution>,
}

/// Shared with the handles that the facade returns.
type Table<T> = RwLock<BTreeMap<Key, Arc<T>>>;

struct Distribution(Buckets);

impl HistogramFn for Distribution {
    fn record(&self, value: f64) {
        self.0.observe(value);
    }
}

impl Metrics {
    /// No metrics.
    pub const fn new() -> Self {
        Self {
            counters: RwLock::new(BTreeMap::new()),
            gauges: RwLock::new(BTreeMap::new()),
            histograms: RwLock::new(BTreeMap::new()),
        }
    }

    /// The names and labels with the values, of all kinds.
    fn samples(&self) -> Vec<(Key, Sample)> {
        let counters = all(&self.counters).into_iter().map(|(key, value)| (key, Sample::Counter(value.load(Relaxed))));
        let gauges = all(&self.gauges).into_iter();
        let gauges = gauges.map(|(key, bits)| (key, Sample::Gauge(f64::from_bits(bits.load(Relaxed)))));
        let histograms = all(&self.histograms).into_iter();
        let histograms = histograms.map(|(key, distribution)| (key, Sample::Histogram(distribution.0.clone())));
        counters.chain(gauges).chain(histograms).collect()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<String> = self.samples().iter().map(|(key, _)| key.name().to_owned()).collect();
        f.debug_struct("Metrics").field("names", &keys).finish_non_exhaustive()
    }
}

/// The metric of this key, which is made if there is none.
fn entry<T>(table: &Table<T>, key: &Key, new: impl FnOnce() -> T) -> Arc<T> {
    if let Some(metric) = table.read().unwrap_or_else(PoisonError::into_inner).get(key) {
        return metric.clone();
    }
    let mut table = table.write().unwrap_or_else(PoisonError::into_inner);
    table.entry(key.to_retained()).or_insert_with(|| Arc::new(new())).clone()
}

/// A copy, so that nothing is encoded under the lock.
fn all<T>(table: &Table<T>) -> BTreeMap<Key, Arc<T>> {
    table.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// A recorder of the facade that counts in the current instance, and a collector of prometheus-client that shows all
/// instances of the class `C`; see the [module](self). Clones are the same recorder.
///
/// The labels are the name of the instance, empty if it has none, its id, and those of the metric. Descriptions are those of
/// the program, whichever instance gives them; units are left to the names, as in Prometheus. A `_total` at the end of a
/// counter's name is written once.
///
/// A thread that is in no instance of `C` counts nowhere, and neither do detach hooks and drops of an instance. A handle
/// that is kept, such as `let requests = counter!("requests")`, counts in the instance in which it was made, wherever it
/// is used; in a virtualized static it is that of its instance.
///
/// `counter!(…)` costs what the facade costs, a handle to the instance, and a look-up by name in its map. Metrics are freed
/// with their instance.
///
/// A scrape enters each instance in turn and holds a handle to one at a time: [`destroy`](Instance::destroy) may find it,
/// [`destroy_within`](Instance::destroy_within) waits for it.
///
/// ```standalone_crate
/// # use prometheus_client::{encoding::text::encode, registry::Registry};
/// # use vimage_integrations::metrics::InstanceRecorder;
/// #[vimage::module]
/// mod metered {
///     use vimage::prelude::*;
///     use vimage_integrations::metrics::Metrics;
///
///     #[virtualized]
///     pub static METRICS: Metrics = Metrics::new();
/// }
///
/// let recorder = InstanceRecorder::<vimage::Program, _>::new(&metered::V_METRICS).label("copy").buckets([1.0, 10.0]);
/// metrics::set_global_recorder(recorder.clone())?;
/// metrics::histogram!("seconds").record(2.5);
///
/// let mut registry = Registry::default();
/// registry.register_collector(Box::new(recorder));
/// let mut text = String::new();
/// encode(&mut text, &registry)?;
/// assert!(text.contains("seconds_bucket{le=\"10.0\",copy=\"\",id=\"0\"} 1"), "{text}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// In builds without instances there is one, the base instance.
pub struct InstanceRecorder<C, V: 'static> {
    metrics: &'static V,
    /// By the name of the metric.
    descriptions: Arc<RwLock<BTreeMap<String, SharedString>>>,
    label: String,
    buckets: Arc<[f64]>,
    class: PhantomData<fn() -> C>,
}

impl<C: Class, V: Virtualized<Value = Metrics>> InstanceRecorder<C, V> {
    /// A recorder for the metrics in this variable, which is one of the class `C`.
    pub fn new(metrics: &'static V) -> Self {
        Self {
            metrics,
            descriptions: Arc::default(),
            label: "instance".to_owned(),
            buckets: BUCKETS.into(),
            class: PhantomData,
        }
    }

    /// The label with the name of the instance; `instance` without this, which a Prometheus server renames, as for
    /// [`SysctlCollector::label`](crate::prometheus::SysctlCollector::label).
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The upper bounds of the buckets of histograms; without this from 0.005 to 10.
    #[must_use]
    pub fn buckets(mut self, bounds: impl IntoIterator<Item = f64>) -> Self {
        self.buckets = bounds.into_iter().collect();
        self
    }

    /// `f` with the metrics of the current instance.
    fn with<R>(&self, f: impl FnOnce(&Metrics) -> R) -> Option<R> {
        Instance::<C>::current().map(|_| self.metrics.with_current(f))
    }

    fn describe(&self, key: &KeyName, description: SharedString) {
        let mut descriptions = self.descriptions.write().unwrap_or_else(PoisonError::into_inner);
        descriptions.insert(key.as_str().to_owned(), description);
    }

    /// The samples of all instances by metric, because the format wants those of one metric together.
    fn families(&self) -> BTreeMap<(String, Kind), Vec<(Labels, Sample)>> {
        let mut families = BTreeMap::<_, Vec<_>>::new();
        for instance in Instance::<C>::list() {
            let own = [(self.label.clone(), instance.name().unwrap_or_default().to_owned()), id(&instance)];
            for (key, sample) in instance.enter(|| self.metrics.with_current(Metrics::samples)) {
                let others = key.labels().map(|label| (metric_name(label.key()), label.value().to_owned()));
                let labels = own.iter().cloned().chain(others).collect();
                families.entry((key.name().to_owned(), sample.kind())).or_default().push((labels, sample));
            }
        }
        families
    }
}

type Labels = Vec<(String, String)>;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

enum Sample {
    Counter(u64),
    Gauge(f64),
    Histogram(Buckets),
}

impl Sample {
    fn kind(&self) -> Kind {
        match self {
            Self::Counter(_) => Kind::Counter,
            Self::Gauge(_) => Kind::Gauge,
            Self::Histogram(_) => Kind::Histogram,
        }
    }

    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        match self {
            Self::Counter(value) => encoder.encode_counter::<NoLabelSet, _, u64>(value, None),
            Self::Gauge(value) => encoder.encode_gauge(value),
            Self::Histogram(buckets) => buckets.encode(encoder),
        }
    }
}

impl<C: Class, V: Virtualized<Value = Metrics>> Recorder for InstanceRecorder<C, V> {
    fn describe_counter(&self, key: KeyName, _: Option<MetricsUnit>, description: SharedString) {
        self.describe(&key, description);
    }

    fn describe_gauge(&self, key: KeyName, _: Option<MetricsUnit>, description: SharedString) {
        self.describe(&key, description);
    }

    fn describe_histogram(&self, key: KeyName, _: Option<MetricsUnit>, description: SharedString) {
        self.describe(&key, description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let counter = self.with(|metrics| entry(&metrics.counters, key, AtomicU64::default));
        counter.map_or_else(Counter::noop, Counter::from_arc)
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let gauge = self.with(|metrics| entry(&metrics.gauges, key, AtomicU64::default));
        gauge.map_or_else(Gauge::noop, Gauge::from_arc)
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let new = || Distribution(Buckets::new(self.buckets.iter().copied()));
        let histogram = self.with(|metrics| entry(&metrics.histograms, key, new));
        histogram.map_or_else(Histogram::noop, Histogram::from_arc)
    }
}

impl<C: Class, V: Virtualized<Value = Metrics> + Sync> Collector for InstanceRecorder<C, V> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let descriptions = self.descriptions.read().unwrap_or_else(PoisonError::into_inner).clone();
        for ((name, kind), samples) in self.families() {
            let help = descriptions.get(&name).map_or_else(String::new, |help| help.replace('\n', " "));
            let (name, kind) = match kind {
                Kind::Counter => (name.strip_suffix("_total").unwrap_or(&name), MetricType::Counter),
                Kind::Gauge => (&*name, MetricType::Gauge),
                Kind::Histogram => (&*name, MetricType::Histogram),
            };
            let name = metric_name(name);
            let mut encoder = encoder.encode_descriptor(&name, &help, None, kind)?;
            for (labels, sample) in samples {
                sample.encode(encoder.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

impl<C, V> Clone for InstanceRecorder<C, V> {
    fn clone(&self) -> Self {
        let Self { metrics, descriptions, label, buckets, class } = self;
        let (descriptions, label, buckets) = (descriptions.clone(), label.clone(), buckets.clone());
        Self { metrics, descriptions, label, buckets, class: *class }
    }
}

impl<C, V> fmt::Debug for InstanceRecorder<C, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceRecorder").field("label", &self.label).finish_non_exhaustive()
    }
}
