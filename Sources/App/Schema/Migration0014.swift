import Storage

/// Shipped; never changes. The first uses of photos are written behind a mark (`PhotoUses`): all passes so far have theirs.
let migration0014 = Migration(
    "0014-photo-uses-behind-a-mark",
    [.run("INSERT INTO gate_sequence (name, value) SELECT 'photosUsedTo', COALESCE((SELECT MAX(id) FROM gate_pass), 0)")])
