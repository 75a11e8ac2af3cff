import Alarms
import Features
import Identity
import Kernel
import Ledgers
import Logs
import Storage
import Watches
import Web
import Workflows

/// Catalogue D16.2, D16.3, D17.3 … D17.16: ledgers and flows of those who answer for security, keys and cryptographic services, as one feature on the engines.
package enum Security {
    package static let feature = Feature(
        name: "security", title: "安全管理", ledgers: ledgers, dictionaries: SecurityCodes.all,
        tables: SecurityTables.all + [AuditReports.table, UploadRules.table, UploadGuard.findings] + LogTables.all,
        permissions: SecurityPermission.declarations,
        grants: grants,
        menu: SecurityPages.menu,
        alarmKinds: CryptoMonitor.kinds + [
            SecurityEvent.alarm, RogueAccess.alarm, ConductPages.kind, ProgramGuard.kind, AuditRules.alarm, AuditGuard.alarm, AddressBlockPages.alarm, IntegrityWatch.alarm,
            UploadGuard.alarm,
        ], workflows: workflows,
        auditTitles: SecurityPages.auditTitles,
        additions: [CryptoAssessmentSum.addition, PersonalDataPages.addition],
        prepare: { platform in
            CertificateReading.register(on: platform.ledgers)
            Offboarding.register(on: platform)
            SecurityEvent.register(on: platform)
            MediumCare.register(on: platform.ledgers)
            WeaknessDates.register(on: platform.ledgers)
            PolicyIssue.register(on: platform)
            RecordAccess.register(on: platform.workflows, ledgers: platform.ledgers)
            RogueAccess.register(on: platform)
            AddressBlockPages.register(on: platform)
            IntegrityWatch.register(on: platform)
            PatchManagement.register(on: platform.workflows, ledgers: platform.ledgers)
            SecurityPlaybook.register(on: platform.workflows)
            platform.expiries.declare(DatedFields.rules)
        },
        routes: { routes, platform in SecurityPages.add(to: routes, platform: platform) },
        jobs: { platform in
            CryptoMonitor.jobs(on: platform) + ConductPages.jobs(on: platform) + ProgramGuard.ofThisProgram().jobs(on: platform) + AuditReports.jobs(on: platform)
                + LogEvents(platform: platform).jobs() + [OwnRuleWatch(rules: AuditRules.desk(on: platform)).job] + AuditGuard(platform: platform).jobs()
                + [IntegrityWatch(platform: platform).job, MisuseCheck(platform: platform).job, UploadPages(platform: platform).job]
        }
    )

    package static let ledgers: [LedgerDeclaration] = [
        CertificateLedger.ledger, MediumLedger.ledger, MediumMove.ledger, WeaknessLedger.ledger, MalwareIncident.ledger, DeviceCheck.ledger, PersonalDataRegistry.ledger,
        ConfidentialityRecord.ledger, PolicyRegistry.ledger, SecurityOrgLedger.ledger, PersonnelSecurity.ledger, GradingRecord.ledger, CryptoAssessment.ledger,
        SecurityContingency.ledger, CryptoGovernance.ledger, SecurityAsset.ledger, SupplyChainRecord.ledger, SecurityDevice.ledger,
        SecurityEvent.ledger, RecordAccess.ledger, DataClassification.ledger, DocumentRegister.ledger, TerminalGuardCheck.ledger, AdmittedDevice.ledger, RogueAccess.ledger,
    ]

    package static let workflows: [WorkflowDeclaration] = [
        SecurityInspection.workflow, ChangeManagement.workflow, Offboarding.workflow, PatchManagement.workflow, SecurityIncident.workflow, SecurityPlaybook.workflow,
        DataDestruction.workflow, AssetReturn.workflow, PolicyIssue.workflow, RecordAccess.workflow, VideoPrivacy.workflow,
    ]

    /// What those who run the machines keep themselves.
    private static let ofOperators = [
        CertificateLedger.ledger.name, MediumLedger.ledger.name, MediumMove.ledger.name, WeaknessLedger.ledger.name, MalwareIncident.ledger.name, DeviceCheck.ledger.name,
        SecurityAsset.ledger.name, SecurityDevice.ledger.name, TerminalGuardCheck.ledger.name, AdmittedDevice.ledger.name, RogueAccess.ledger.name,
    ]

    /// What flows alone write; everybody else reads.
    private static let ofFlows = [RecordAccess.ledger.name]
    private static let kept = ledgers.map(\.name).filter { !ofFlows.contains($0) }

    static let grants: [LedgerGrant] = [
        LedgerGrant(kept, LedgerRight.allCases, to: [.securityAdmin]), LedgerGrant(ofFlows, [.read, .export], to: [.securityAdmin, .admin, .city]),
        LedgerGrant(ledgers.map(\.name), [.read, .export], to: [.auditAdmin]),
        LedgerGrant(ofOperators, [.read, .write, .import, .export], to: [.admin]),
        // each office keeps the list of its own computers.
        LedgerGrant([AdmittedDevice.ledger.name], [.read, .write, .import, .export], to: [.city, .county]),
    ]
}
