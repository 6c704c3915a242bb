//! What earlier runs left open on a board, as its journals tell.

entries! {
    IMAGE_INCOMPLETE Error "image-incomplete": "an interrupted write left what the ROM starts incomplete"
        / "the write of {image} ({when}) {ended}: what the ROM starts is incomplete";
    APPLICATION_INCOMPLETE Error "application-incomplete": "the boot loader starts, the application is incomplete"
        / "the boot loader starts, the application is incomplete: the write of {image} ({when}) {ended}";
    WRITE_INCOMPLETE Warning "write-incomplete": "an interrupted write is incomplete"
        / "the write of {image} ({when}) {ended}: its bytes in {ranges} are incomplete";
    WRITE_UNCONFIRMED Warning "write-unconfirmed": "an interrupted write is complete, but not confirmed"
        / "flash holds all of {image}, but the end of its write ({when}) was not confirmed: cells of its last page may be weak";
    WRITE_NOT_SEEN Warning "write-not-seen": "an interrupted write left nothing that can be seen in flash"
        / "the write of {image} ({when}) {ended}, and flash reads as it did before: the first sectors that it erases may be weak";
    WRITE_OVERTAKEN Warning "write-overtaken": "flash was changed since an interrupted write"
        / "the write of {image} ({when}) {ended}, and something else has changed flash at {at} since: the bytes in its journal may be older";
    ERASE_INCOMPLETE Warning "erase-incomplete": "an interrupted erase may have left sectors half erased"
        / "the erase of {ranges} ({when}) was interrupted: its sectors may be half erased, whatever they read now";
    JOURNAL_THERE Warning "journal-there": "another user has a journal of this board"
        / "{user} has a journal of this board that cannot be read here ({file}): a write or an erase is open there";
    JOURNAL_UNREAD Warning "journal-unread": "the journal of this board cannot be used"
        / "{error}: whether a write or an erase is open is not known";
}
