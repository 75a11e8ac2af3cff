import Kernel
import Ledgers
import Storage

/// 重污染天气预警: one level for some counties, from a moment until it is ended.
///
/// One row is one period; a higher level for the same county overrides a lower one while both run.
/// Source: requirements/A-mobile-sources.md; standards/hj1321-gate.md §11.
package enum WarningPeriod {
    package static let level = FieldKey<String>("level")
    package static let counties = FieldKey<String>("counties")
    package static let startsAt = FieldKey<Moment>("startsAt")
    package static let endsAt = FieldKey<Moment>("endsAt")
    package static let basis = FieldKey<String>("basis")

    package static let ledger = LedgerDeclaration(
        id: "A-04-1",
        name: "warningPeriod",
        title: "预警响应记录",
        titleEN: "Warning periods",
        group: "管控",
        ownedBy: .authority,
        titleField: "level",
        sortedBy: [LedgerDeclaration.Sort("startsAt", descending: true)],
        isReadOnly: true,
        timeField: "startsAt",
        keptYears: nil,
        fields: [
            .code("level", "响应级别", from: .warningLevel, marks: [.required, .filterable, .groupable]),
            .codes("counties", "县（区、市）", from: .county, marks: [.required]),
            .moment("startsAt", "启动时间", marks: [.required, .sortable, .filterable]),
            .moment("endsAt", "解除时间", marks: [.sortable]),
            .note("basis", "依据", length: 0...500),
            .computed("minutes", "持续分钟", .minutes(from: "startsAt", to: "endsAt")),
        ]
    )
}
