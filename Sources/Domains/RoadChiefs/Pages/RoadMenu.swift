import Ledgers
import Storage
import Web

enum RoadMenu {
    static let items: [MenuItem] = [
        MenuItem(RoadChiefs.group, groupEN: "Road chiefs", "路长工作台", "Road chief's desk", icon: "home", path: "/road-work", permission: RoadPermission.work, order: 1900),
        MenuItem(RoadChiefs.group, groupEN: "Road chiefs", "路网地图", "Map of roads", icon: "map", path: "/road-map", permission: RoadPermission.map, order: 1901),
        MenuItem(RoadChiefs.group, groupEN: "Road chiefs", "任务查询", "Search", icon: "search", path: "/road-query", permission: RoadPermission.query, order: 1902),
        MenuItem(RoadChiefs.group, groupEN: "Road chiefs", "月度考核", "Appraisal", icon: "scale", path: "/road-appraisal", permission: RoadPermission.appraisal, order: 1903),
        MenuItem(RoadChiefs.group, groupEN: "Road chiefs", "路长制统计", "Statistics", icon: "chart", path: "/road-statistics", permission: RoadPermission.statistics, order: 1904),
        MenuItem(RoadChiefs.group, groupEN: "Road chiefs", "路长通讯录", "Contacts", icon: "phone", path: "/road-contacts", permission: RoadPermission.work, order: 1905),
    ]
}

/// What the generated pages of the ledgers lead to.
enum RoadAdditions {
    static let all: [LedgerAdditions] =
        [
            LedgerAdditions(
                Road.ledger.name,
                rowActions: [LedgerRowAction("绘制走向", "Draw", icon: "edit", permission: Road.ledger.writePermission) { "/roads/\($0.id)/line" }],
                listActions: [LedgerListAction("路网地图", "Map", icon: "map", path: "/road-map", permission: RoadPermission.map)]),
            LedgerAdditions(
                RoadChief.ledger.name,
                rowActions: [
                    LedgerRowAction("开通账号", "Open account", icon: "key", permission: "user.write", opensDialog: true) { record in
                        (record.values["login"]?.text ?? "").isEmpty && record.deletedAt == nil ? "/road-accounts/chief/\(record.id)" : nil
                    }
                ], listActions: [LedgerListAction("通讯录", "Contacts", icon: "phone", path: "/road-contacts", permission: RoadPermission.work)]),
            LedgerAdditions(
                ResponsibleUnit.ledger.name,
                rowActions: [
                    LedgerRowAction("开通管理员账号", "Open account", icon: "key", permission: "user.write", opensDialog: true) { record in
                        (record.values["login"]?.text ?? "").isEmpty && record.deletedAt == nil ? "/road-accounts/unit/\(record.id)" : nil
                    }
                ]),
            LedgerAdditions(
                RoadPatrol.ledger.name,
                rowActions: [LedgerRowAction("巡查与轨迹", "Track", icon: "road", permission: RoadPermission.work) { "/road-patrols/\($0.id)" }],
                listActions: [LedgerListAction("我的巡查", "My patrols", icon: "road", path: "/road-patrols", permission: RoadPermission.work)]),
            LedgerAdditions(
                PatrolRound.ledger.name,
                rowActions: [
                    LedgerRowAction("巡查记录", "Patrols", icon: "list", permission: RoadPatrol.ledger.readPermission) { "/ledgers/roadPatrol?f.round=\($0.id)" }
                ]),
            LedgerAdditions(
                RoadScore.ledger.name,
                rowActions: [
                    LedgerRowAction("成绩单", "Sheet", icon: "file", permission: RoadPermission.appraisal) { record in
                        guard let org = record.org, let month = record.values["month"]?.int.flatMap({ RoadMonth(number: Int($0)) }) else { return nil }
                        return "/road-appraisal/\(month.text)/\(org)"
                    }
                ]),
        ]
        + [RoadTask.ledger.name, RoadProblem.ledger.name, RoadEmergency.ledger.name, RoadAppeal.ledger.name, BonusItem.ledger.name].map { ledger in
            LedgerAdditions(
                ledger, rowActions: [LedgerRowAction("办理", "Case", icon: "flow", permission: "\(ledger).read") { "/road-cases/\(ledger)/\($0.id)" }] + own(ledger))
        }

    private static func own(_ ledger: String) -> [LedgerRowAction] {
        switch ledger {
        case RoadTask.ledger.name:
            [
                LedgerRowAction("申诉", "Appeal", icon: "scale", permission: RoadAppeal.ledger.writePermission) { record in
                    let isFailed = (record.values["failedTimes"]?.int ?? 0) > 0, isOverdue = Self.isOverdue(record)
                    guard isFailed || isOverdue else { return nil }
                    return "/ledgers/roadAppeal/new?task=\(record.id)&about=\(isOverdue ? "overdue" : "failed")"
                }
            ]
        case RoadEmergency.ledger.name:
            [
                LedgerRowAction("申诉", "Appeal", icon: "scale", permission: RoadAppeal.ledger.writePermission) { record in
                    RoadRecords.yes(record.values["isLate"]) && !RoadRecords.yes(record.values["lateWaived"])
                        ? "/ledgers/roadAppeal/new?emergency=\(record.id)&about=lateReport" : nil
                }
            ]
        case RoadProblem.ledger.name:
            [
                LedgerRowAction("指派或转交", "Hand on", icon: "users", permission: RoadProblem.ledger.writePermission) { record in
                    record.values["state"]?.text == "open" ? "/road-problems/\(record.id)/hand" : nil
                }
            ]
        default: []
        }
    }

    /// First answered after its deadline; a task that nobody answered yet is appealed against from its case.
    private static func isOverdue(_ record: Record) -> Bool {
        guard !RoadRecords.yes(record.values["overdueWaived"]), let deadline = record.values["deadline"]?.int else { return false }
        return (record.values["firstFeedbackAt"]?.int ?? 0) > deadline
    }
}
