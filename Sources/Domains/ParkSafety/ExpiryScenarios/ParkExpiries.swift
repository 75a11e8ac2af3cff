import Alarms
import Identity
import Ledgers

/// D2.6 到期预警场景: the fourteen scenarios of the catalogue as rules; days of warning 90/30/7 as the catalogue's 到期引擎 says, editable on 到期预警.
enum ParkExpiries {
    private static let receivers = ["role:\(BuiltInRole.enterpriseAdmin.rawValue)", "role:\(BuiltInRole.county.rawValue)"]

    private static func rule(
        _ name: String, _ title: String, _ ledger: String, _ field: String, stages: [Int] = [90, 30, 7, 0], done: String? = nil, only kinds: [String] = []
    ) -> ExpiryRule {
        ExpiryRule(
            name, title, ledger: ledger, field: field, stages: stages, doneField: done, receivers: receivers, raisesAlarm: true, only: kinds.isEmpty ? nil : ["kind": kinds])
    }

    static let all: [ExpiryRule] = [
        // D2.6.1
        rule("majorHiddenDangerOverdue", "重大隐患整改", MajorHiddenDanger.ledger.name, "deadline", stages: [7, 3, 0], done: "rectifiedOn"),
        // D2.6.2 … D2.6.4, D2.6.9
        rule("safetyPermitExpiry", "安全生产许可证", EnterpriseLicence.ledger.name, "validUntil", only: ["production"]),
        rule("usePermitExpiry", "危险化学品安全使用许可证", EnterpriseLicence.ledger.name, "validUntil", only: ["use"]),
        rule("tradePermitExpiry", "危险化学品经营许可证", EnterpriseLicence.ledger.name, "validUntil", only: ["trade"]),
        rule("standardizationExpiry", "安全生产标准化证书", EnterpriseLicence.ledger.name, "validUntil", only: ["standardization"]),
        // D2.6.5, D2.6.8, D2.6.11
        rule("managerCertExpiry", "主要负责人、安全管理人员证书", PersonCertificate.ledger.name, "validUntil", only: ["principal", "manager"]),
        rule("specialWorkerCertExpiry", "特种作业操作证", PersonCertificate.ledger.name, "validUntil", only: ["specialWork"]),
        rule("operatorCertExpiry", "特种设备操作人员证", PersonCertificate.ledger.name, "validUntil", only: ["operator"]),
        // D2.6.6
        rule("equipmentInspectionExpiry", "特种设备检验", SpecialEquipment.ledger.name, "nextInspectionOn"),
        // D2.6.7, D2.6.10
        rule("hazardReportExpiry", "重大危险源评估报告", HazardReport.ledger.name, "validUntil", only: ["hazard"]),
        rule("currentAssessmentExpiry", "安全现状评价报告", HazardReport.ledger.name, "validUntil", only: ["current"]),
        // D2.6.12
        rule("drillOverdue", "应急演练计划", DrillPlan.ledger.name, "dueOn", stages: [30, 7, 0], done: "heldOn"),
        // D2.6.13
        rule("planFilingExpiry", "应急预案备案", EmergencyPlanFiling.ledger.name, "validUntil"),
        // D2.6.14
        rule("fireFacilityOverdue", "消防设施定期检查", FireFacility.ledger.name, "nextCheckOn", stages: [7, 0]),
    ]
}
