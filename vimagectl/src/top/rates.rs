//! From two looks to the counters that changed between them.

use std::collections::HashMap;
use std::time::Instant;

use serde_json::json;
use vimage_inspect::{NameError, Value};

use super::Wanted;
use crate::client::Error;
use crate::compare;
use crate::outside::Outside;

/// The integers of all instances at one moment.
pub(super) struct Sample {
    at: Instant,
    /// How many instances were looked at.
    pub(super) instances: usize,
    /// By class, id and name: the label of the instance, and the value.
    values: HashMap<(usize, u64, String), (String, i128)>,
}

/// A counter that changed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rate {
    pub(super) instance: String,
    pub(super) name: String,
    pub(super) value: serde_json::Value,
    pub(super) per_second: f64,
}

impl Sample {
    #[cfg(test)]
    pub(super) fn empty(instances: usize) -> Self {
        Self { at: Instant::now(), instances, values: HashMap::new() }
    }

    pub(super) fn take(outside: &Outside, wanted: &Wanted<'_>) -> Result<Self, Error> {
        let look = outside.look()?;
        let refused = |error: NameError| Error::Refused { kind: "unknown".to_owned(), message: error.to_string() };
        let class = wanted.class.map(|class| look.class_named(class)).transpose().map_err(refused)?;
        let instances = match wanted.instance {
            Some(name) => look.instances_named(Some(name), class).map_err(refused)?,
            None => look.instances().iter().filter(|found| class.is_none_or(|class| class == found.class)).collect(),
        };
        let mut values = HashMap::new();
        for variable in compare::variables(&look) {
            let class = look.class_of(variable);
            let own = instances.iter().filter(|instance| instance.class == class);
            // A shared variable is shown once.
            let most = if variable.shared { 1 } else { usize::MAX };
            for instance in own.take(most) {
                let name = compare::name(&look, variable);
                let label = if variable.shared { "(shared)".to_owned() } else { look.label(instance) };
                match look.exported_value(variable, instance) {
                    Ok(Value::Int(value)) => _ = values.insert((class, instance.id, name), (label, value)),
                    Ok(Value::List(elements)) => {
                        for (index, element) in elements.into_iter().enumerate() {
                            if let Value::Int(value) = element {
                                values.insert((class, instance.id, format!("{name}[{index}]")), (label.clone(), value));
                            }
                        }
                    }
                    // What is no integer is no counter; what cannot be read now may be the next time.
                    _ => {}
                }
            }
        }
        Ok(Self { at: Instant::now(), instances: instances.len(), values })
    }
}

/// The counters that changed, the fastest first.
#[expect(clippy::cast_precision_loss, reason = "for people")]
pub(super) fn rates(before: &Sample, after: &Sample) -> Vec<Rate> {
    let seconds = after.at.duration_since(before.at).as_secs_f64().max(1e-3);
    let changed = after.values.iter().filter_map(|(key, (instance, value))| {
        let (_, old) = before.values.get(key)?;
        let change = value.checked_sub(*old).filter(|change| *change != 0)?;
        let per_second = change as f64 / seconds;
        let value = i64::try_from(*value).map_or_else(|_| json!(value.to_string()), |value| json!(value));
        Some(Rate { instance: instance.clone(), name: key.2.clone(), value, per_second })
    });
    let mut changed: Vec<Rate> = changed.collect();
    changed.sort_by(|a, b| {
        let by_speed = b.per_second.abs().total_cmp(&a.per_second.abs());
        by_speed.then_with(|| (&a.instance, &a.name).cmp(&(&b.instance, &b.name)))
    });
    changed
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_fastest_is_first_and_what_stands_still_is_left_out() {
        let at = Instant::now();
        let sample = |at, values: &[(&str, i128)]| Sample {
            at,
            instances: 1,
            values: values
                .iter()
                .map(|(name, value)| ((0, 1, (*name).to_owned()), ("Net#1".to_owned(), *value)))
                .collect(),
        };
        let before = sample(at, &[("slow", 10), ("still", 5), ("fast", 0), ("down", 100), ("gone", 1)]);
        let after = sample(
            at + Duration::from_secs(2),
            &[("slow", 12), ("still", 5), ("fast", 2000), ("down", 80), ("new", 7)],
        );
        let found: Vec<(String, f64)> =
            rates(&before, &after).into_iter().map(|rate| (rate.name, rate.per_second)).collect();
        assert_eq!(found, [("fast".to_owned(), 1000.0), ("down".to_owned(), -10.0), ("slow".to_owned(), 1.0)]);
    }
}
