//! What the field brings: FCBs, boot images, flash layouts and files as other tools and boards make them, each with its right
//! judgement. The inputs are written here as data, from public facts; no file of others is committed.
#![cfg(all(feature = "cli", feature = "hid", feature = "serial"))]

mod kit;

mod field {
    mod encrypted;
    mod fcb;
    mod fcb_and_part;
    mod fcb_on_board;
    mod files;
    mod follow_advice;
    mod images;
    mod laid_out_property;
    mod large;
    mod own_part;
    mod second_stage;
}
