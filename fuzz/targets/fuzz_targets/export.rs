#![no_main]

vimage_fuzz::fuzz!("export");
