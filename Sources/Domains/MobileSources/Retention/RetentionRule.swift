import Kernel
import Ledgers
import Storage

/// A-44 影像与台账保存: what is kept how long. The years are rows of `gate_setting`; what is missing has the value here.
///
/// Source: requirements/A-mobile-sources.md A-44; standards/hj1321-gate.md §8 (ledgers ≥ 24 months, photos two years).
package struct RetentionRule: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Head, body and plate pictures of passes.
        case gatePhotos
        /// Recordings of passes.
        case clips
        case passes
        case weighings
        /// Rows of other ledgers that somebody deleted.
        case deletedRows
    }

    package var kind: Kind
    package var title: String
    package var help: String
    package var usual: Int
    /// Years that may be chosen; 0 keeps for ever where that is allowed.
    package var range: ClosedRange<Int>
    package var mayKeepForEver: Bool

    package var setting: String { "keepYears." + kind.rawValue }

    package static let all: [RetentionRule] = [
        RetentionRule(kind: .gatePhotos, title: "过车照片", help: "车头、车身、车牌照片；证照、铭牌等台账照片随台账保存", usual: 2, range: 2...10, mayKeepForEver: false),
        RetentionRule(kind: .clips, title: "过车视频", help: "门禁随过车上传的视频片段；作为报警证据的不清理", usual: 1, range: 1...10, mayKeepForEver: false),
        RetentionRule(kind: .passes, title: "过车记录", help: "按整月清理；统计汇总不随之删除", usual: 3, range: 2...30, mayKeepForEver: true),
        RetentionRule(kind: .weighings, title: "物料进出计量", help: "按计量时间", usual: 3, range: 2...30, mayKeepForEver: true),
        RetentionRule(kind: .deletedRows, title: "已删除的台账记录", help: "从删除之日起算；未删除的备案、车辆、机械一直保存", usual: 2, range: 2...30, mayKeepForEver: true),
    ]

    /// - Returns: nil when it is kept for ever.
    package func years(in reader: any Reader) throws -> Int? {
        let stored = try reader.value("SELECT value FROM gate_setting WHERE name = \(setting)")?.text.flatMap(Int.init) ?? usual
        return stored == 0 ? nil : stored
    }

    /// What lies before this moment is over. Passes go by whole months, so that the statistics of a month can still be counted again from its passes, or not at all.
    package func cutoff(years: Int, today: Day) -> Moment {
        let day = today.yearsAgo(years)
        return kind == .passes ? day.firstOfMonth.start : day.start
    }

    package func finding(_ entered: String?) -> FieldFinding? {
        let wanted = "应为 \(range.lowerBound)～\(range.upperBound) 的整数" + (mayKeepForEver ? "，或 0（长期保存）" : "")
        guard let entered, let value = Int(entered), range.contains(value) || (mayKeepForEver && value == 0) else { return FieldFinding(setting, "range", wanted, title: title) }
        return nil
    }
}

extension Day {
    /// 29 February becomes 1 March where there is none.
    func yearsAgo(_ years: Int) -> Day {
        let number = number - years * 10_000
        return Day(number: number) ?? Day(number: number - 1).map { $0.adding(days: 1) } ?? self
    }
}
