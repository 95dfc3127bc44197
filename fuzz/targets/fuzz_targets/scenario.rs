#![no_main]

vimage_fuzz::fuzz!("scenario");
