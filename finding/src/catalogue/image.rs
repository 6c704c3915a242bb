//! Boot images and application files.

entries! {
    IVT_SELF Error "ivt-self": "the IVT belongs to another address"
        / "the IVT at {at} says that it lies at {self}";
}
