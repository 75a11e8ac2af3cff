import Features
import Identity
import Ledgers
import Storage
import Web

/// Catalogue B1.1, B1.3 监督检查 and B2 智慧执法: subjects of transport, their inspection, and cases from the road to the archive.
package enum TransportEnforcement {
    package static let feature = Feature(
        name: "transportEnforcement", title: "运输监督检查与执法", ledgers: ledgers, dictionaries: EnforcementCodes.dictionaries + InspectionCodes.dictionaries,
        tables: [CaseFacts.table] + InspectionTables.all + FieldTables.all,
        permissions: EnforcementPermission.declarations, roles: EnforcementRole.roles, grants: grants + InspectionFeature.grants, menu: menu + InspectionFeature.menu,
        workflows: [EnforcementCase.workflow, FieldTask.workflow, InspectionTransfer.workflow],
        auditTitles: ["caseHandover": "案件移交", "inspection": "监督检查", "inspectionDraw": "随机抽检", "fieldCheckin": "签到", "fieldLog": "工作日志"],
        additions: [EnforcementSubject.addition, CaseRecord.addition] + InspectionFeature.additions + UsualCategories.additions,
        prepare: { platform in
            CaseCategory.register(on: platform)
            EnforcementMeasure.register(on: platform)
            CaseFacts(platform: platform).register()
            CasePaper.register(on: platform)
            InspectionFeature.register(on: platform)
        },
        routes: { routes, platform in
            SubjectPages(platform: platform).add(to: routes)
            CaseEntryPages(platform: platform).add(to: routes)
            CaseStatisticsPages(platform: platform).add(to: routes)
            CaseHandoverAPI(platform: platform).add(to: routes)
            UsualCategories(platform: platform).add(to: routes)
            InspectionFeature.add(to: routes, platform)
        },
        jobs: { platform in InspectionFeature.jobs(on: platform) })

    private static let ledgers: [LedgerDeclaration] =
        [EnforcementSubject.ledger] + InspectionFeature.shown + InspectionFeature.kept + [CaseRecord.ledger, CaseCategory.ledger, EnforcementMeasure.ledger]

    private static let grants: [LedgerGrant] = [
        LedgerGrant([EnforcementSubject.ledger.name, CaseRecord.ledger.name], [.read, .export], to: [.city, .county]),
        LedgerGrant([EnforcementSubject.ledger.name], [.read], to: [.gridOfficer]),
        LedgerGrant([EnforcementSubject.ledger.name], [.write, .delete, .import, .reveal], to: [.city, .county]),
        LedgerGrant([CaseCategory.ledger.name, EnforcementMeasure.ledger.name], [.read, .export], to: [.city, .county]),
        LedgerGrant([CaseCategory.ledger.name, EnforcementMeasure.ledger.name], [.write, .delete, .import], to: [.city]),
    ]

    private static let menu: [MenuItem] = [
        MenuItem(
            EnforcementArea.cases, groupEN: "Enforcement", "查找主体并执法", "Enforce", icon: "search", path: "/enforcement/subjects", permission: EnforcementPermission.field, order: 610),
        MenuItem(
            EnforcementArea.cases, groupEN: "Enforcement", "执法统计", "Figures", icon: "chart", path: "/enforcement/statistics", permission: EnforcementPermission.figures, order: 640),
    ]
}
