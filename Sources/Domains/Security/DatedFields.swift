import Alarms

/// Dates of the security ledgers that are watched: told in stages, then an alarm.
enum DatedFields {
    private static let who = ["role:securityAdmin", "role:admin"]

    static let rules: [ExpiryRule] = [
        ExpiryRule("certificateValidTo", "证书到期", ledger: "securityCertificate", field: "validTo", stages: [60, 30, 7, 0], doneField: "endedOn", receivers: who),
        ExpiryRule("mediumCountBy", "介质盘点到期", ledger: "backupMedium", field: "countBy", stages: [15, 0], doneField: "destroyedOn", receivers: who),
        ExpiryRule("weaknessDueOn", "弱点整改到期", ledger: "weakness", field: "dueOn", stages: [7, 1, 0], doneField: "closedOn", receivers: who),
        ExpiryRule("personalDataReviewBy", "个人信息台账复核到期", ledger: "personalDataRegistry", field: "reviewBy", stages: [30, 0], receivers: who, raisesAlarm: false),
        ExpiryRule("confidentialityValidTo", "保密协议到期", ledger: "confidentialityRecord", field: "validTo", stages: [30, 7, 0], receivers: who),
        ExpiryRule("securityPolicyReviewBy", "制度评审到期", ledger: "securityPolicy", field: "reviewBy", stages: [30, 0], receivers: who, raisesAlarm: false),
        ExpiryRule("securityOrgRotateBy", "轮岗或授权复审到期", ledger: "securityOrg", field: "rotateBy", stages: [30, 0], receivers: who, raisesAlarm: false),
        ExpiryRule("personnelSecurityValidTo", "人员安全事项到期", ledger: "personnelSecurity", field: "validTo", stages: [30, 0], receivers: who, raisesAlarm: false),
        ExpiryRule("gradingNextOn", "等级与密码测评到期", ledger: "gradingRecord", field: "nextOn", stages: [90, 30, 0], receivers: who),
        ExpiryRule("cryptoAssessmentImproveBy", "密评改进到期", ledger: "cryptoAssessment", field: "improveBy", stages: [30, 7, 0], doneField: "improvedOn", receivers: who),
        ExpiryRule("contingencyDrillBy", "安全应急演练到期", ledger: "securityContingency", field: "drillBy", stages: [30, 0], receivers: who),
        ExpiryRule("cryptoGovernanceAssessBy", "密码管理评估到期", ledger: "cryptoGovernance", field: "assessBy", stages: [30, 0], doneField: "closedOn", receivers: who),
        ExpiryRule("assetWarrantyTo", "资产维保到期", ledger: "securityAsset", field: "warrantyTo", stages: [30, 0], receivers: who, raisesAlarm: false),
        ExpiryRule("supplyCertificateTo", "产品资质到期", ledger: "supplyChainRecord", field: "certificateTo", stages: [30, 0], receivers: who, raisesAlarm: false),
        ExpiryRule("deviceSignaturesTo", "特征库授权到期", ledger: "securityDevice", field: "signaturesTo", stages: [90, 30, 7, 0], receivers: who),
        ExpiryRule("deviceMaintainedTo", "安全设备维保到期", ledger: "securityDevice", field: "maintainedTo", stages: [30, 0], receivers: who),
        ExpiryRule("dataClassificationReviewBy", "信息分类评审到期", ledger: "dataClassification", field: "reviewBy", stages: [30, 0], receivers: who, raisesAlarm: false),
        ExpiryRule("documentBackBy", "文件归还到期", ledger: "documentRegister", field: "backBy", stages: [3, 0], doneField: "backOn", receivers: who),
        ExpiryRule("terminalGuardNextBy", "终端防护检查到期", ledger: "terminalGuardCheck", field: "nextBy", stages: [1, 0], receivers: who, raisesAlarm: false),
        ExpiryRule("admittedDeviceValidTo", "入网登记到期", ledger: "admittedDevice", field: "validTo", stages: [30, 7, 0], receivers: who),
    ]
}
