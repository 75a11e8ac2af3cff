/// Reads one sheet of an xlsx (ECMA-376): names and order from the workbook, texts from the shared strings, dates through the styles.
struct WorkbookReader {
    private let parts: WorkbookParts
    private let limits: SheetLimits

    init(path: String, limits: SheetLimits) throws {
        parts = try WorkbookParts.reading(limits) { try WorkbookParts(path: path, limits: limits) }
        self.limits = limits
    }

    /// - Parameter sheet: counted from 0 among those that are visible.
    func read(sheet: Int, _ body: @escaping (SheetRow) throws -> Bool) throws -> Int {
        try WorkbookParts.reading(limits) {
            let visible = parts.sheets.filter(\.isVisible)
            guard visible.indices.contains(sheet) else { throw SheetFailure.broken("没有可见的工作表") }
            let events = SheetEvents(strings: try parts.texts(), dateStyles: try parts.dateStyles(), is1904: parts.is1904, limits: limits, body: body)
            try parts.walk(visible[sheet], events)
            return events.handed
        }
    }
}
