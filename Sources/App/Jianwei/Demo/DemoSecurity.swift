import Features
import Identity
import Kernel
import Ledgers
import Security
import Storage
import Workflows

/// What the security office of the demonstration keeps: a few rows of each ledger and cases of its flows. All marked 演示.
struct DemoSecurity: Sendable {
    let platform: Platform

    private static let writer = Principal.system("安全管理员（演示）")

    func install() async throws {
        guard try await platform.database.read({ try $0.first("SELECT 1 FROM security_asset LIMIT 1") }) == nil else { return }
        let ledgers = platform.ledgers, today = platform.clock.today
        func day(_ offset: Int) -> JSONValue { .string(today.adding(days: offset).text) }
        let moment = JSONValue.string(platform.clock.now.adding(seconds: -86_400).rfc3339)
        let rows = assets(day) + records(day, moment) + papers(day) + admissions(day, moment)
        let made = rows
        try await platform.database.write { tx in
            for (ledger, values) in made { _ = try ledgers.create(ledger, Draft(values, area: "1301"), by: DemoSecurity.writer, in: tx) }
        }
        try await cases(moment)
    }

    private typealias Rows = [(String, [String: JSONValue])]

    private func assets(_ day: (Int) -> JSONValue) -> Rows {
        [
            (
                "securityAsset",
                [
                    "code": "ZC-001", "title": "应用服务器（演示）", "kind": "服务器", "address": "10.0.8.11", "worth": "1", "zone": "数据中心域", "place": "机房 A-03", "keeper": "演示管理员",
                    "warrantyTo": day(200),
                ]
            ),
            (
                "securityAsset",
                [
                    "code": "ZC-002", "title": "核心交换机（演示）", "kind": "网络设备", "address": "10.0.0.1", "worth": "1", "zone": "核心交换域", "place": "机房 A-01", "keeper": "演示管理员",
                    "warrantyTo": day(20),
                ]
            ),
            (
                "securityDevice",
                [
                    "code": "SB-001", "title": "边界防火墙（演示）", "kind": "firewall", "maker": "演示厂商 FW-2000", "release": "5.2", "zone": "互联网接入域", "keeper": "演示管理员",
                    "signaturesTo": day(45), "maintainedTo": day(300),
                ]
            ),
            (
                "securityDevice",
                [
                    "code": "SB-002", "title": "入侵防御（演示）", "kind": "ids", "maker": "演示厂商 IPS-1000", "zone": "DMZ", "keeper": "演示管理员", "signaturesTo": day(-3),
                    "maintainedTo": day(120),
                ]
            ),
            (
                "backupMedium",
                ["code": "JZ-001", "kind": "disk", "level": "3", "content": "数据库每日备份（演示）", "place": "异地机房保险柜", "isOffsite": true, "keeper": "演示保管员", "countBy": day(10)]
            ),
            (
                "securityCertificate",
                [
                    "title": "平台服务端证书（演示）", "use": "server", "subject": "CN=jianwei.example", "serial": "01A2B3", "issuer": "CN=演示 CA", "algorithm": "SM2", "validFrom": day(-340),
                    "validTo": day(25), "carrier": "服务器", "state": "valid",
                ]
            ),
        ]
    }

    private func records(_ day: (Int) -> JSONValue, _ moment: JSONValue) -> Rows {
        [
            (
                "weakness",
                [
                    "title": "OpenSSH 版本信息泄露（演示）", "reference": "CNNVD-202611-0001", "host": "10.0.8.11", "grade": "3", "scanner": "演示扫描器", "foundOn": day(-5), "dueOn": day(10),
                    "solution": "升级到最新版本",
                ]
            ),
            (
                "weakness",
                [
                    "title": "TLS 弱套件（演示）", "reference": "CNNVD-202611-0002", "host": "10.0.8.12", "grade": "2", "scanner": "演示扫描器", "foundOn": day(-5), "dueOn": day(-1),
                    "solution": "停用 TLS 1.0/1.1",
                ]
            ),
            ("malwareIncident", ["at": moment, "threat": "演示木马样本（演示）", "host": "办公终端 12", "engine": "演示引擎 2026.11", "grade": "3", "act": "隔离", "source": "移动介质"]),
            ("deviceAdmission", ["at": moment, "device": "U 盘 64GB（演示）", "owner": "演示人员", "purpose": "导入扫描报告", "scanner": "演示引擎 2026.11", "isClean": true, "checker": "演示管理员"]),
            ("confidentialityRecord", ["kind": "agreement", "title": "运维人员保密协议（演示）", "person": "演示人员", "unit": "演示运维公司", "level": "3", "signedOn": day(-340), "validTo": day(25)]),
            ("personnelSecurity", ["person": "演示人员", "post": "系统管理员", "kind": "training", "day": day(-30), "result": "合格（演示）", "validTo": day(335)]),
            ("securityOrg", ["kind": "group", "title": "网络安全领导小组（演示）", "person": "演示组长", "duty": "审定安全策略，协调重大事件处置", "since": day(-400), "rotateBy": day(330)]),
        ]
    }

    private func admissions(_ day: (Int) -> JSONValue, _ moment: JSONValue) -> Rows {
        [
            (
                "admittedDevice",
                [
                    "title": "监管科办公终端 03（演示）", "mac": "02-00-5E-10-00-03", "address": "10.0.2.13", "holder": "演示人员", "unit": "监管科（演示）", "place": "办公楼 302", "system": "银河麒麟 V10",
                    "admittedOn": day(-120), "validTo": day(245),
                ]
            ),
            (
                "rogueAccess",
                ["at": moment, "kind": "outside", "address": "10.0.2.13", "mac": "02-00-5E-10-00-03", "target": "198.51.100.20:443", "device": "准入控制（演示）", "isBlocked": true]
            ),
            ("rogueAccess", ["at": moment, "kind": "intrude", "address": "10.0.2.77", "mac": "02-00-5E-10-00-77", "place": "接入交换机 2，端口 17（演示）", "device": "准入控制（演示）"]),
            (
                "dataClassification",
                [
                    "title": "过车照片与车牌（演示）", "level": "3", "source": "过车记录、报警证据", "owner": "移动源监管科", "range": "市县监管人员、本企业管理员", "usage": "页面加水印，导出须双人复核", "transport": "HTTPS，门禁请求签名",
                    "storage": "按内容哈希存放，证据锁定", "asksExport": true, "isPersonal": true, "mark": "页面水印、文件名前缀“敏感”", "reviewBy": day(180),
                ]
            ),
            (
                "documentRegister",
                [
                    "title": "平台部署方案（演示）", "number": "演密〔2026〕3号", "level": "4", "range": "运维单位项目组", "copies": 2, "receiver": "演示运维公司，演示人员", "sentOn": day(-20), "backBy": day(5),
                    "keeper": "演示管理员",
                ]
            ),
            (
                "terminalGuardCheck",
                [
                    "terminal": "监控大厅 01 号坐席（演示）", "checkedOn": day(-5), "copyBlocked": true, "watermarkShown": true, "uploadLimited": true, "downloadLimited": true,
                    "portsClosed": true,
                    "checker": "演示管理员", "nextBy": day(2),
                ]
            ),
        ]
    }

    private func papers(_ day: (Int) -> JSONValue) -> Rows {
        [
            (
                "securityPolicy",
                [
                    "title": "网络安全管理总则（演示）", "number": "演安〔2026〕1号", "revision": "1.0", "layer": "1", "level": "2", "range": "全体人员", "keeper": "演示管理员", "state": "issued",
                    "issuedOn": day(-200), "reviewBy": day(165),
                ]
            ),
            (
                "gradingRecord",
                ["system": "移动源门禁监管平台（演示）", "kind": "grading", "grade": 3, "day": day(-300), "agency": "演示受理机关", "number": "演示-001", "conclusion": "三级", "nextOn": day(65)]
            ),
            ("cryptoAssessment", ["year": 2026, "application": "监管平台（演示）", "layer": "应用和数据", "unit": "重要数据存储机密性", "weight": 10, "score": 8, "isHighRisk": false]),
            (
                "cryptoAssessment",
                [
                    "year": 2026, "application": "监管平台（演示）", "layer": "网络和通信", "unit": "通信过程机密性", "weight": 10, "score": 5, "isHighRisk": false, "gap": "未用 TLCP",
                    "improvement": "前置国密网关", "improveBy": day(40),
                ]
            ),
            ("securityContingency", ["title": "网络攻击应急预案（演示）", "revision": "1.0", "event": "attack", "trigger": "持续攻击影响业务", "handling": "封堵来源、切换、取证、上报", "drillBy": day(50)]),
            ("cryptoGovernance", ["title": "密码应用实施方案（演示）", "field": "建设", "day": day(-100), "keeper": "演示管理员", "content": "SM2/SM3/SM4 应用范围", "assessBy": day(265)]),
            (
                "supplyChainRecord",
                ["product": "国密服务器密码机（演示）", "kind": "crypto", "supplier": "演示供应商", "certificate": "演示-GM-001", "certificateTo": day(700), "isShortlisted": true, "isScanned": true]
            ),
        ]
    }

    private func cases(_ moment: JSONValue) async throws {
        let city = try await platform.identity.organisations.find(code: "1301")?.id
        let workflows = platform.workflows, plannedOn = JSONValue.string(platform.clock.today.adding(days: 5).text)
        let drafts = [
            CaseDraft(
                "securityInspection", values: ["title": "第四季度安全检查（演示）", "range": "平台服务器与账号", "plannedOn": plannedOn, "members": "安全管理员、审计管理员（演示）"]),
            CaseDraft("patchManagement", values: ["reference": "CNNVD-202611-0002", "grade": "2", "description": "停用弱套件（演示）"]),
            CaseDraft(
                "securityChange",
                values: [
                    "title": "升级数据库补丁（演示）", "kind": "patch", "systems": "数据库服务器", "reason": "修复已知缺陷", "impact": "升级期间只读十分钟", "plan": "备份、升级、核对", "fallback": "恢复备份",
                    "isRehearsed": true,
                    "window": moment,
                ]),
            CaseDraft(
                "recordAccessApproval",
                values: [
                    "applicant": "law", "unit": "演示公安分局", "person": "演示民警", "paper": "演示证件 000001", "kind": "video", "range": "1 号门 11 月 20 日 8 时至 9 时录像（演示）",
                    "reason": "交通事故调查（演示）",
                    "isCarried": true,
                ], org: city),
            CaseDraft("videoPrivacy", values: ["camera": "3 号门全景（演示）", "seenAt": moment, "what": "画面含门卫休息区，建议遮挡（演示）"]),
            CaseDraft("securityIncident", values: ["title": "收到仿冒登录页邮件（演示）", "seenAt": moment, "description": "邮件中链接指向仿冒登录页，未输入密码（演示）"]),
        ]
        try await platform.database.write { tx in for draft in drafts { _ = try workflows.start(draft, by: DemoSecurity.writer, in: tx) } }
    }
}
