//! TOML whose values know their lines.

use std::error::Error;

use config::{FileStoredFormat, Format, Map, Value, ValueKind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The format TOML for [`config::File`], with the line as a part of the [origin](Value::origin) of each value.
///
/// The values are those of config's own format. Integers may have up to 128 bits.
///
/// ```
/// use config::{Config, File};
/// use vimage_integrations::config::TomlLines;
///
/// let config = Config::builder().add_source(File::from_str("\n[net]\nmode = 3\n", TomlLines)).build()?;
/// let mode = &config.get_table("net")?["mode"];
/// assert_eq!((mode.origin(), mode.to_string()), (Some("line 3"), "3".to_owned()));
/// # Ok::<(), config::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TomlLines;

impl FileStoredFormat for TomlLines {
    fn file_extensions(&self) -> &'static [&'static str] {
        &["toml"]
    }
}

impl Format for TomlLines {
    fn parse(&self, uri: Option<&String>, text: &str) -> Result<Map<String, Value>, Box<dyn Error + Send + Sync>> {
        Text { uri, text }.table(DeTable::parse(text)?.into_inner())
    }
}

/// A text that is parsed.
struct Text<'t> {
    uri: Option<&'t String>,
    text: &'t str,
}

impl Text<'_> {
    fn table(&self, table: DeTable<'_>) -> Result<Map<String, Value>, Box<dyn Error + Send + Sync>> {
        table.into_iter().map(|(key, value)| Ok((key.into_inner().into_owned(), self.value(value)?))).collect()
    }

    fn value(&self, value: Spanned<DeValue<'_>>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        let origin = self.origin(value.span().start);
        let kind = self.kind(value.into_inner()).map_err(|error| format!("{origin}: {error}"))?;
        Ok(Value::new(Some(&origin), kind))
    }

    fn kind(&self, value: DeValue<'_>) -> Result<ValueKind, Box<dyn Error + Send + Sync>> {
        Ok(match value {
            DeValue::String(text) => text.into_owned().into(),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(integer) => integer.into(),
                Err(_) => i128::from_str_radix(integer.as_str(), integer.radix())?.into(),
            },
            DeValue::Float(float) => float.as_str().parse::<f64>()?.into(),
            DeValue::Boolean(value) => value.into(),
            DeValue::Datetime(datetime) => datetime.to_string().into(),
            DeValue::Array(values) => {
                ValueKind::Array(values.into_iter().map(|value| self.value(value)).collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => ValueKind::Table(self.table(table)?),
        })
    }

    /// The place of a byte: `red.toml:2`, or `line 2` of a text that is in no file.
    fn origin(&self, at: usize) -> String {
        let line = 1 + self.text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count();
        self.uri.map_or_else(|| format!("line {line}"), |uri| format!("{uri}:{line}"))
    }
}
