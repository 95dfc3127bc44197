//! A program that checks itself.

fn main() -> std::process::ExitCode {
    match probe::check() {
        Ok(saw) => println!("works: {saw}"),
        Err(error) => {
            println!("{error}");
            return std::process::ExitCode::FAILURE;
        }
    }
    std::process::ExitCode::SUCCESS
}
