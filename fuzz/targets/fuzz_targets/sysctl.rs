#![no_main]

vimage_fuzz::fuzz!("sysctl");
