//! A program that works if each instance has its own logger.

struct Nothing;

impl log::Log for Nothing {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }
    fn log(&self, _: &log::Record) {}
    fn flush(&self) {}
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for _ in 0..2 {
        vimage::Vimage::new()?.enter(|| log::set_logger(&Nothing)).map_err(|error| format!("SetLoggerError: {error}"))?;
    }
    Ok(())
}
