import Exchange
import Kernel

/// How an import treats bad rows and known ones.
package struct ImportOptions: Sendable, Equatable {
    package enum BadRows: String, Sendable {
        /// One bad row and nothing is kept.
        case refuseAll
        /// Good rows are kept, bad ones reported.
        case skip
    }

    package enum KnownRows: String, Sendable {
        /// A row with the unique values of a live one is bad.
        case refuse
        /// It changes that one.
        case update
    }

    package var badRows: BadRows
    package var knownRows: KnownRows
    /// Judges every row and writes nothing.
    package var isDryRun: Bool

    package init(badRows: BadRows = .refuseAll, knownRows: KnownRows = .refuse, isDryRun: Bool = false) {
        self.badRows = badRows
        self.knownRows = knownRows
        self.isDryRun = isDryRun
    }
}

/// Where an import is; told after every 1,000 rows.
package struct ImportProgress: Sendable, Equatable {
    package var read: Int
    package var good: Int
    package var bad: Int
    /// Rows in the database; 0 while rows are only judged.
    package var written: Int
}

/// What came of an import. Every row of the file is in exactly one of the counts: total = created + updated + unchanged + bad, or, where nothing was kept, total = good + bad.
package struct ImportReport: Sendable {
    package struct BadRow: Sendable, Equatable {
        /// As the person sees it in their table program, counted from 1.
        package var number: Int
        /// The cells as they came.
        package var cells: [String]
        package var findings: [FieldFinding]

        package var message: String { findings.map { $0.title + $0.message }.joined(separator: "；") }
    }

    package var batch: Int64
    package var total = 0
    package var created = 0
    package var updated = 0
    package var unchanged = 0
    package var bad = 0
    /// Rows that would be or were accepted.
    package var good: Int { total - bad }
    package var isDryRun = false
    /// False when nothing was written: a dry run, or one bad row under `refuseAll`.
    package var isKept = false
    package var header: [String] = []
    /// At most `ImportReport.most`; `bad` counts them all.
    package var badRows: [BadRow] = []

    package static let most = 20_000

    /// Every bad row as it came with its reasons in front, to be mended and imported again.
    package func write(path: String, format: SheetFormat = .xlsx) throws {
        let writer = try SheetWriter(path: path, format: format, sheet: "问题数据", columns: [SheetColumn("原行号"), SheetColumn("问题", width: 60)] + header.map { SheetColumn($0) })
        for row in badRows { try writer.append([.number(Double(row.number)), .text(row.message)] + row.cells.map { $0.isEmpty ? .empty : .text($0) }) }
        try writer.finish()
    }

    package var summary: String {
        if isDryRun { return "共 \(total) 行，可导入 \(good) 行，有问题 \(bad) 行（试运行，未写入）" }
        if !isKept { return "共 \(total) 行，有问题 \(bad) 行，未写入任何数据" }
        return "共 \(total) 行，新增 \(created) 行，更新 \(updated) 行，未变 \(unchanged) 行，有问题 \(bad) 行"
    }
}
