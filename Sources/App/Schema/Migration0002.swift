import Storage

/// Shipped; never changes. Photos that have not come are found by going through the passes behind a mark (`MissingPhotos`): the list of awaited ones goes.
let migration0002 = Migration(
    "0002-photos-behind-a-mark",
    [
        .run(
            """
            INSERT INTO gate_sequence (name, value) SELECT 'photosCheckedTo', COALESCE((SELECT MIN(pass_id) - 1 FROM photo_awaited), (SELECT MAX(id) FROM gate_pass), 0)
            """),
        .dropTable("photo_awaited"),
    ])
