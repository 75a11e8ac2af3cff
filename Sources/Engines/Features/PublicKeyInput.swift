import Cryptography
import Kernel
import Web

/// A public key as a person pastes it, for the one whose system will sign with it.
package struct PublicKeyInput {
    package var code: String?
    package var pem: String?
    /// Everything wrong with it; empty when `key` may be registered.
    package var findings: [FieldFinding] = []
    package var key: PublicKey?

    package init() {}

    package init(_ input: FormInput) {
        code = input["enterpriseCode"]
        pem = input["pem"]
        if code == nil { findings.append(FieldFinding("enterpriseCode", "required", "请选择企业", title: "企业")) }
        guard let pem else {
            findings.append(FieldFinding("pem", "required", "请粘贴公钥", title: "公钥（PEM）"))
            return
        }
        if pem.contains("PRIVATE KEY") {
            findings.append(FieldFinding("pem", "private", "这是私钥，请立即更换密钥，只提交公钥", title: "公钥（PEM）"))
            return
        }
        do { key = try PublicKey(pem: pem) } catch let failure as Failure {
            findings.append(FieldFinding("pem", failure.code, failure.message, title: "公钥（PEM）"))
        } catch {
            findings.append(FieldFinding("pem", "format", "不是有效的公钥", title: "公钥（PEM）"))
        }
    }

    package func fields(choices: [Choice]) -> [FormField] {
        [
            FormField("enterpriseCode", "企业", .select(choices), value: code, isRequired: true, isWide: true),
            FormField(
                "pem", "公钥（PEM）", .textArea(rows: 8), value: pem, isRequired: true, help: "RSA 2048 位及以上或 SM2，以 -----BEGIN PUBLIC KEY----- 开头。私钥由门禁系统保管，不得上传", maxLength: 8000,
                isWide: true),
        ]
    }

    /// What a desk refused, as findings of this form.
    package static func findings(_ failure: Failure) -> [FieldFinding] {
        failure.fields.isEmpty ? [FieldFinding("pem", failure.code, failure.message, title: "公钥（PEM）")] : failure.fields
    }
}
