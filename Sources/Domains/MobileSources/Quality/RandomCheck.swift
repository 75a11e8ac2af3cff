import Kernel

/// §9 核查抽样的记录表: what a seed drew, what the machine found, what the inspector concluded. Stored as JSON in `random_check`.
///
/// Source: standards/hj1321-gate.md §9.
package struct RandomCheck: Sendable, Equatable {
    package enum State: String, Sendable, Codable { case draft, finished }
    package enum Conclusion: String, Sendable, Codable, CaseIterable {
        case fits, doubtful, wrong

        package var title: String {
            switch self {
            case .fits: "符合"
            case .doubtful: "存疑"
            case .wrong: "不符合"
            }
        }
    }

    /// The emission stage asked again by the standard's order of evidence (§7).
    package enum StageVerdict: String, Sendable, Codable {
        case agrees, differs, unproven

        package var title: String {
            switch self {
            case .agrees: "一致"
            case .differs: "不一致"
            case .unproven: "无佐证"
            }
        }
    }

    package struct Line: Sendable, Equatable, Codable {
        package var passId: Int64
        package var plate: String
        package var color: String
        /// Milliseconds.
        package var passedAt: Int64
        package var gateNo: String
        package var direction: String
        /// Titles of the ledger's columns that are empty.
        package var missing: [String]
        /// What is filled in a wrong form.
        package var malformed: [String]
        package var storedStage: String
        package var evidenceStage: String
        package var stageVerdict: StageVerdict
        package var evidence: String
        package var conclusion: Conclusion?
        package var note: String

        package var isComplete: Bool { missing.isEmpty && malformed.isEmpty }
    }

    /// Average daily trips outside warnings against those under warning; nil where there was no such day.
    package struct Comparison: Sendable, Equatable, Codable {
        /// `yyyymmdd`, three to five.
        package var normalDays: [Int]
        package var warningDays: [Int]
        package var normalAverage: Double?
        package var warningAverage: Double?
    }

    package struct Sheet: Sendable, Equatable, Codable {
        /// Passes of the span, from which was drawn.
        package var population: Int
        package var lines: [Line]
        package var comparison: Comparison
        package var remark: String
    }

    package var id: Int64
    package var org: Int64
    package var area: String
    package var enterprise: String
    package var seed: Int64
    package var from: Day
    package var to: Day
    package var createdAt: Moment
    package var createdBy: String
    package var state: State
    package var finishedAt: Moment?
    package var sheet: Sheet
}
