import Features
import Identity
import Ledgers
import Reports

/// What people may do here beyond the ledgers, and the roles of the brigade.
package enum EnforcementPermission {
    /// Enter cases and act in the field: the officer's telephone pages.
    package static let field = "enforcement.field"
    /// Figures of cases, appraisal of officers, tracks.
    package static let figures = "enforcement.figures"
    /// Put back the usual categories and measures.
    package static let settings = "enforcement.settings"

    /// The telephone pages of officers and inspectors.
    package static let mobile = "enforcement.mobile"
    /// Inspect subjects.
    package static let inspect = "inspection.perform"
    /// Decide on what failed again and again.
    package static let decide = "inspection.decide"
    /// Campaigns, random draws, tasks.
    package static let manage = "inspection.manage"

    /// Another system hands a case over by the interface.
    package static let handOver = "enforcement.handOver"

    static let declarations: [PermissionDeclaration] = [
        PermissionDeclaration(handOver, "执法：其他系统移交案件（接口）", area: EnforcementArea.cases),
        PermissionDeclaration(mobile, "移动端：签到、日志、位置上报", area: EnforcementArea.inspection), PermissionDeclaration(inspect, "监督检查：执行检查", area: EnforcementArea.inspection),
        PermissionDeclaration(decide, "监督检查：处置", area: EnforcementArea.inspection, defaultRoles: [.city, .county]),
        PermissionDeclaration(manage, "监督检查：专项、抽检与派单", area: EnforcementArea.inspection, defaultRoles: [.city, .county]),
        PermissionDeclaration(field, "执法：录入案件、现场执法", area: EnforcementArea.cases),
        PermissionDeclaration(figures, "执法：统计、考核与轨迹", area: EnforcementArea.cases, defaultRoles: [.city, .county]),
        PermissionDeclaration(settings, "执法：案件类别与措施设置", area: EnforcementArea.cases, defaultRoles: [.city]),
    ]
}

/// Groups of the menu and headings of the role form.
enum EnforcementArea {
    static let cases = "执法办案"
    static let inspection = "监督检查"
}

/// The roles of catalogue B1 and B2.
package enum EnforcementRole {
    /// 执法大队: hands out cases, decides, sees every case of its area.
    package static let leader = "enforcementLeader"
    /// 执法人员: enters cases and acts on those handed to them; sees these and no others.
    package static let officer = "enforcementOfficer"
    /// 检查人员: inspects the subjects of their grids.
    package static let inspector = "transportInspector"

    static let roles: [FeatureRole] = [
        FeatureRole(
            leader, "执法大队", scope: .ownArea, kinds: [.city, .county],
            permissions: [
                EnforcementPermission.mobile, EnforcementPermission.decide, EnforcementPermission.manage, EnforcementPermission.field, EnforcementPermission.figures,
                EnforcementPermission.settings, ReportPermission.build,
            ]
                + rights([EnforcementSubject.ledger, CaseCategory.ledger, EnforcementMeasure.ledger], [.read, .write, .export])
                + rights([EnforcementSubject.ledger], [.delete, .import, .reveal]) + rights([CaseRecord.ledger] + InspectionFeature.shown, [.read, .export])
                + rights(InspectionFeature.kept, [.read, .write, .delete, .import, .export])),
        FeatureRole(
            officer, "执法人员", scope: .ownArea, kinds: [.city, .county],
            permissions: [EnforcementPermission.mobile, EnforcementPermission.field] + rights([EnforcementSubject.ledger], [.read, .write, .reveal])
                + rights([CaseCategory.ledger, EnforcementMeasure.ledger], [.read])),
        FeatureRole(
            inspector, "检查人员", scope: .ownGrids, kinds: [.city, .county],
            permissions: [EnforcementPermission.mobile, EnforcementPermission.inspect]
                + rights(
                    [
                        EnforcementSubject.ledger, PendingInspection.ledger, InspectionRecord.ledger, InspectionItem.ledger, TransportIndustry.ledger, InspectionCampaign.ledger,
                        TransportEquipment.ledger,
                    ],
                    [.read])),
    ]

    private static func rights(_ ledgers: [LedgerDeclaration], _ rights: [LedgerRight]) -> [String] {
        ledgers.flatMap { ledger in rights.filter { $0.applies(to: ledger) }.map { $0.permission(on: ledger.name) } }
    }
}
