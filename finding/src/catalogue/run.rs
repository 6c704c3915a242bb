//! What happens in a run: steps taken, choices made, things a person should know although the run goes on.

entries! {
    FLASHLOADER_RUNNING Detail "flashloader-running": "a flashloader runs already"
        / "a flashloader already runs; going on from there";
}
