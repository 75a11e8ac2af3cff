import Features
import Identity
import Ledgers
import Schedules
import Storage
import Web

/// What of the feature belongs to inspection and to the field.
enum InspectionFeature {
    /// Kept by people.
    static let kept: [LedgerDeclaration] = [TransportIndustry.ledger, InspectionItem.ledger, ItemBinding.ledger, InspectionCampaign.ledger, TransportEquipment.ledger]
    /// Written by the domain.
    static let shown: [LedgerDeclaration] = [PendingInspection.ledger, InspectionRecord.ledger, FieldTaskRecord.ledger, WorkLog.ledger, Attendance.ledger]

    static let grants: [LedgerGrant] = [
        LedgerGrant(shown.map(\.name), [.read, .export], to: [.city, .county]), LedgerGrant(kept.map(\.name), [.read, .export], to: [.city, .county]),
        LedgerGrant([TransportIndustry.ledger.name, InspectionItem.ledger.name], [.write, .delete, .import], to: [.city]),
        LedgerGrant([ItemBinding.ledger.name, InspectionCampaign.ledger.name, TransportEquipment.ledger.name], [.write, .delete, .import], to: [.city, .county]),
        LedgerGrant([TransportEquipment.ledger.name], [.read, .write, .import, .export], to: [.enterpriseAdmin]),
        LedgerGrant([TransportEquipment.ledger.name], [.read], to: [.gridOfficer]),
    ]

    static let additions: [LedgerAdditions] = [InspectionCampaign.addition, InspectionRecord.addition, FieldTaskRecord.addition]

    static let menu: [MenuItem] = [
        InspectorAccountPages.menu,
        MenuItem(
            EnforcementArea.inspection, groupEN: "Inspection", "随机抽检", "Random inspection", icon: "refresh", path: "/inspection/draws", permission: EnforcementPermission.manage,
            order: 560),
        MenuItem(
            EnforcementArea.inspection, groupEN: "Inspection", "检查统计与考核", "Figures", icon: "chart", path: "/inspection/statistics", permission: EnforcementPermission.figures,
            order: 570),
        MenuItem(
            EnforcementArea.inspection, groupEN: "Inspection", "人员位置与轨迹", "Tracks", icon: "map", path: "/inspection/tracks", permission: EnforcementPermission.figures, order: 580),
        MenuItem(
            EnforcementArea.inspection, groupEN: "Inspection", "移动端首页", "Telephone pages", icon: "phone", path: "/m/field", permission: EnforcementPermission.mobile, order: 590),
    ]

    static func register(on platform: Platform) {
        InspectionItem.register(on: platform)
        ItemBinding.register(on: platform)
        TransportEquipment.register(on: platform)
        FieldTask.register(on: platform)
        InspectionTransfer.register(on: platform)
    }

    static func add(to routes: Routes, _ platform: Platform) {
        InspectionPages(platform: platform).add(to: routes)
        InspectorAccountPages(platform: platform).add(to: routes)
        InspectionStatisticsPages(platform: platform).add(to: routes)
        InspectPages(platform: platform).add(to: routes)
        FieldPages(platform: platform).add(to: routes)
    }

    /// What is due appears at night, and inspectors hear of it in the morning.
    static func jobs(on platform: Platform) -> [JobDeclaration] {
        [
            JobDeclaration("transportEnforcement.gather", "生成待查项", dailyAt: 60) { context in
                let added = try await platform.database.write { tx in
                    let desk = InspectionDesk(platform: platform)
                    return try desk.gather(in: tx) + desk.gatherEquipment(in: tx)
                }
                context.note("生成 \(added) 项待查")
            },
            JobDeclaration("transportEnforcement.remind", "今日待查提醒", dailyAt: 500) { context in
                let told = try await platform.database.write { tx in try InspectionCampaigns(platform: platform).remind(in: tx) }
                context.note("提醒 \(told) 人")
            },
        ]
    }
}
