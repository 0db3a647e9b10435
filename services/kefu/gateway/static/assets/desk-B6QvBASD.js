import{$ as e,C as t,D as n,E as r,F as i,G as a,I as o,J as s,K as c,L as l,M as u,N as d,P as f,Q as p,R as m,S as h,T as g,U as _,W as v,X as y,Y as b,Z as x,_ as S,a as C,at as ee,b as w,c as T,ct as te,dt as ne,et as re,ft as ie,g as ae,h as oe,i as se,it as ce,j as le,k as ue,l as de,lt as fe,n as pe,nt as me,o as he,ot as ge,q as _e,r as ve,st as ye,t as be,tt as xe,ut as E,v as Se,w as Ce,x as we,y as Te}from"./i18n-DVrxKVQ2.js";import{A as D,C as Ee,D as De,E as Oe,F as O,I as ke,M as Ae,N as je,O as Me,P as Ne,S as Pe,T as Fe,_ as Ie,a as Le,b as Re,c as ze,d as Be,f as Ve,h as k,i as He,j as Ue,k as We,l as Ge,m as Ke,n as qe,o as Je,r as A,s as j,t as Ye,u as M,v as Xe,w as Ze,x as Qe,y as $e}from"./base-D9cOmIc6.js";import{t as N}from"./dialog-GgCuqvTN.js";import{r as et,t as tt}from"./sent_files-DX-iBTZq.js";import{n as nt,o as rt,r as it,t as at}from"./cards-Z0Z72D8-.js";function ot(e,t){let n=e.fieldKind==`list`?b(t,e):e.fieldKind==`map`?y(t,e):lt(e,t);if(n===!0)return;let r;switch(e.fieldKind){case`list`:r=`expected ${pt(e)}, got ${P(t)}`;break;case`map`:r=`expected ${mt(e)}, got ${P(t)}`;break;default:r=dt(e,t,n)}return new O(e,r)}function st(e,t,n){let r=lt(e,n);if(r!==!0)return new O(e,`list item #${t+1}: ${dt(e,n,r)}`)}function ct(e,t,n){let r=ut(e.mapKey)(t);if(r!==!0)return new O(e,`invalid map key: ${dt({scalar:e.mapKey},t,r)}`);let i=lt(e,n);if(i!==!0)return new O(e,`map entry ${P(t)}: ${dt(e,n,i)}`)}function lt(e,t){return e.scalar===void 0?e.enum===void 0?x(t,e.message):e.enum.open?ut(E.INT32)(t):e.enum.values.some(e=>e.number===t):ut(e.scalar)(t)}function ut(e){switch(e){case E.DOUBLE:return e=>typeof e==`number`;case E.FLOAT:return e=>typeof e==`number`?!Number.isFinite(Math.fround(e))&&Number.isFinite(e)?`${e.toFixed()} out of range`:!0:!1;case E.INT32:case E.SFIXED32:case E.SINT32:return e=>typeof e!=`number`||!Number.isInteger(e)?!1:e>2147483647||e<-2147483648?`${e.toFixed()} out of range`:!0;case E.FIXED32:case E.UINT32:return e=>typeof e!=`number`||!Number.isInteger(e)?!1:e>4294967295||e<0?`${e.toFixed()} out of range`:!0;case E.BOOL:return e=>typeof e==`boolean`;case E.STRING:return e=>typeof e==`string`?_().checkUtf8(e)||`invalid UTF8`:!1;case E.BYTES:return e=>e instanceof Uint8Array;case E.INT64:case E.SFIXED64:case E.SINT64:return e=>{if(typeof e==`bigint`||typeof e==`number`||typeof e==`string`&&e.length>0)try{return fe.parse(e),!0}catch{return`${e} out of range`}return!1};case E.FIXED64:case E.UINT64:return e=>{if(typeof e==`bigint`||typeof e==`number`||typeof e==`string`&&e.length>0)try{return fe.uParse(e),!0}catch{return`${e} out of range`}return!1}}}function dt(e,t,n){return n=typeof n==`string`?`: ${n}`:`, got ${P(t)}`,e.scalar===void 0?e.enum===void 0?`expected ${ft(e.message)}`+n:`expected ${e.enum.toString()}`+n:`expected ${ht(e.scalar)}`+n}function P(e){switch(typeof e){case`object`:return e===null?`null`:e instanceof Uint8Array?`Uint8Array(${e.length})`:Array.isArray(e)?`Array(${e.length})`:b(e)?pt(e.field()):y(e)?mt(e.field()):x(e)?ft(e.desc):ne(e)?`message ${e.$typeName}`:`object`;case`string`:return e.length>30?`string`:`"${e.split(`"`).join(`\\"`)}"`;case`boolean`:return String(e);case`number`:return String(e);case`bigint`:return String(e)+`n`;default:return typeof e}}function ft(e){return`ReflectMessage (${e.typeName})`}function pt(e){switch(e.listKind){case`message`:return`ReflectList (${e.message.toString()})`;case`enum`:return`ReflectList (${e.enum.toString()})`;case`scalar`:return`ReflectList (${E[e.scalar]})`}}function mt(e){switch(e.mapKind){case`message`:return`ReflectMap (${E[e.mapKey]}, ${e.message.toString()})`;case`enum`:return`ReflectMap (${E[e.mapKey]}, ${e.enum.toString()})`;case`scalar`:return`ReflectMap (${E[e.mapKey]}, ${E[e.scalar]})`}}function ht(e){switch(e){case E.STRING:return`string`;case E.BOOL:return`boolean`;case E.INT64:case E.SINT64:case E.SFIXED64:return`bigint (int64)`;case E.UINT64:case E.FIXED64:return`bigint (uint64)`;case E.BYTES:return`Uint8Array`;case E.DOUBLE:return`number (float64)`;case E.FLOAT:return`number (float32)`;case E.FIXED32:case E.UINT32:return`number (uint32)`;case E.INT32:case E.SFIXED32:case E.SINT32:return`number (int32)`}}function gt(e,t,n=!0){return new vt(e,t,n)}var _t=new WeakMap,vt=class{get sortedFields(){let e=_t.get(this.desc);if(e)return e;let t=this.desc.fields.concat().sort((e,t)=>e.number-t.number);return _t.set(this.desc,t),t}constructor(e,t,n=!0){this.lists=new Map,this.maps=new Map,this.check=n,this.desc=e,this.message=this[ce]=t??v(e),this.fields=e.fields,this.oneofs=e.oneofs,this.members=e.members}findNumber(e){return this._fieldsByNumber||=new Map(this.desc.fields.map(e=>[e.number,e])),this._fieldsByNumber.get(e)}oneofCase(e){return yt(this.message,e),ee(this.message,e)}isSet(e){return yt(this.message,e),me(this.message,e)}clear(e){yt(this.message,e),re(this.message,e)}get(e){yt(this.message,e);let t=xe(this.message,e);switch(e.fieldKind){case`list`:let n=this.lists.get(e);return n&&n[ce]===t||this.lists.set(e,n=new bt(e,t,this.check)),n;case`map`:let r=this.maps.get(e);return r&&r[ce]===t||this.maps.set(e,r=new xt(e,t,this.check)),r;case`message`:return Ct(e,t,this.check);case`scalar`:return t===void 0?te(e.scalar,!1):At(e,t);case`enum`:return t??e.enum.values[0].number}}set(e,t){if(yt(this.message,e),this.check){let n=ot(e,t);if(n)throw n}let n;n=e.fieldKind==`message`?St(e,t):y(t)||b(t)?t[ce]:jt(e,t),ge(this.message,e,n)}getUnknown(){return this.message.$unknown}setUnknown(e){this.message.$unknown=e}};function yt(e,t){if(t.parent.typeName!==e.$typeName)throw new O(t,`cannot use ${t.toString()} with message ${e.$typeName}`,`ForeignFieldError`)}var bt=class{field(){return this._field}get size(){return this._arr.length}constructor(e,t,n){this._field=e,this._arr=this[ce]=t,this.check=n}get(e){let t=this._arr[e];return t===void 0?void 0:Tt(this._field,t,this.check)}set(e,t){if(e<0||e>=this._arr.length)throw new O(this._field,`list item #${e+1}: out of range`);if(this.check){let n=st(this._field,e,t);if(n)throw n}this._arr[e]=wt(this._field,t)}add(e){if(this.check){let t=st(this._field,this._arr.length,e);if(t)throw t}this._arr.push(wt(this._field,e))}clear(){this._arr.splice(0,this._arr.length)}[Symbol.iterator](){return this.values()}keys(){return this._arr.keys()}*values(){for(let e of this._arr)yield Tt(this._field,e,this.check)}*entries(){for(let e=0;e<this._arr.length;e++)yield[e,Tt(this._field,this._arr[e],this.check)]}},xt=class{constructor(e,t,n=!0){this.obj=this[ce]=t??{},this.check=n,this._field=e}field(){return this._field}set(t,n){if(this.check){let e=ct(this._field,t,n);if(e)throw e}return e(this.obj,Ot(t),Et(this._field,n)),this}delete(e){let t=Ot(e),n=Object.prototype.hasOwnProperty.call(this.obj,t);return n&&delete this.obj[t],n}clear(){for(let e of Object.keys(this.obj))delete this.obj[e]}get(e){let t=p(this.obj,Ot(e));return t!==void 0&&(t=Dt(this._field,t,this.check)),t}has(e){return Object.prototype.hasOwnProperty.call(this.obj,Ot(e))}*keys(){for(let e of Object.keys(this.obj))yield kt(e,this._field.mapKey)}*entries(){for(let e of Object.entries(this.obj))yield[kt(e[0],this._field.mapKey),Dt(this._field,e[1],this.check)]}[Symbol.iterator](){return this.entries()}get size(){return Object.keys(this.obj).length}*values(){for(let e of Object.values(this.obj))yield Dt(this._field,e,this.check)}forEach(e,t){for(let n of this.entries())e.call(t,n[1],n[0],this)}};function St(e,t){return x(t)?c(t.message)&&!e.oneof&&e.fieldKind==`message`?t.message.value:t.desc.typeName==`google.protobuf.Struct`&&e.parent.typeName!=`google.protobuf.Value`?i(t.message):t.message:t}function Ct(e,t,n){return t!==void 0&&(_e(e.message)&&!e.oneof&&e.fieldKind==`message`?t={$typeName:e.message.typeName,value:At(e.message.fields[0],t)}:e.message.typeName==`google.protobuf.Struct`&&e.parent.typeName!=`google.protobuf.Value`&&s(t)&&(t=o(t))),new vt(e.message,t,n)}function wt(e,t){return e.listKind==`message`?St(e,t):jt(e,t)}function Tt(e,t,n){return e.listKind==`message`?Ct(e,t,n):At(e,t)}function Et(e,t){return e.mapKind==`message`?St(e,t):jt(e,t)}function Dt(e,t,n){return e.mapKind==`message`?Ct(e,t,n):t}function Ot(e){return typeof e==`string`||typeof e==`number`?e:String(e)}function kt(e,t){switch(t){case E.STRING:return e;case E.INT32:case E.FIXED32:case E.UINT32:case E.SFIXED32:case E.SINT32:{let t=Number.parseInt(e);if(Number.isFinite(t))return t;break}case E.BOOL:switch(e){case`true`:return!0;case`false`:return!1}break;case E.UINT64:case E.FIXED64:try{return fe.uParse(e)}catch{}break;default:try{return fe.parse(e)}catch{}}return e}function At(e,t){switch(e.scalar){case E.INT64:case E.SFIXED64:case E.SINT64:`longAsString`in e&&e.longAsString&&typeof t==`string`&&(t=fe.parse(t));break;case E.FIXED64:case E.UINT64:`longAsString`in e&&e.longAsString&&typeof t==`string`&&(t=fe.uParse(t))}return t}function jt(e,t){switch(e.scalar){case E.INT64:case E.SFIXED64:case E.SINT64:`longAsString`in e&&e.longAsString?t=String(t):(typeof t==`string`||typeof t==`number`)&&(t=fe.parse(t));break;case E.FIXED64:case E.UINT64:`longAsString`in e&&e.longAsString?t=String(t):(typeof t==`string`||typeof t==`number`)&&(t=fe.uParse(t))}return t}function Mt(e,t){return Nt(gt(e,t)).message}function Nt(e){let t=gt(e.desc);for(let n of e.fields)if(e.isSet(n))switch(n.fieldKind){case`list`:let r=t.get(n);for(let t of e.get(n))r.add(Pt(n,t));break;case`map`:let i=t.get(n);for(let t of e.get(n).entries())i.set(t[0],Pt(n,t[1]));break;default:t.set(n,Pt(n,e.get(n)))}let n=e.getUnknown();return n&&n.length>0&&t.setUnknown([...n]),t}function Pt(e,t){return e.message!==void 0&&x(t)?Nt(t):e.scalar==E.BYTES&&t instanceof Uint8Array?t.slice():t}function Ft(e){return Lt(e.getTime())}function It(e){return new Date(Rt(e))}function Lt(e){let t=Math.floor(e/1e3);return v(De,{seconds:fe.parse(t),nanos:(e-t*1e3)*1e6})}function Rt(e){return Number(e.seconds)*1e3+Math.round(e.nanos/1e6)}function zt(e){return Number(e.seconds)*1e3+Math.round(e.nanos/1e6)}var Bt=D(We(btoa(`
google/protobuf/any.protogoogle.protobuf"&
Any
\btype_url (	\r
value (\fBv
com.google.protobufB\bAnyProtoPZ,google.golang.org/protobuf/types/known/anypb¢GPBªGoogle.Protobuf.WellKnownTypesbproto3`)),0);function Vt(e,t,n){let r=!1;return n||(n=v(Bt),r=!0),n.value=Ze(e,t),n.typeUrl=Wt(t.$typeName),r?n:void 0}function Ht(e,t){return e.typeUrl!==``&&(typeof t==`string`?t:t.typeName)===Gt(e.typeUrl)}function Ut(e,t){if(e.typeUrl===``)return;let n=t.kind==`message`?t:t.getMessage(Gt(e.typeUrl));if(n&&Ht(e,n))return le(n,e.value)}function Wt(e){return`type.googleapis.com/${e}`}function Gt(e){let t=e.lastIndexOf(`/`),n=t>=0?e.substring(t+1):e;if(!n.length)throw Error(`invalid type url: ${e}`);return n}var Kt=We(btoa(`
google/protobuf/struct.protogoogle.protobuf"
Struct3
fields (\v2#.google.protobuf.Struct.FieldsEntryE
\vFieldsEntry\v
key (	%
value (\v2.google.protobuf.Value:8"ê
Value0

null_value (2.google.protobuf.NullValueH\0
\fnumber_value (H\0
\fstring_value (	H\0

bool_value (\bH\0/
\fstruct_value (\v2.google.protobuf.StructH\00

list_value (\v2.google.protobuf.ListValueH\0B
kind"3
	ListValue&
values (\v2.google.protobuf.Value*\x1B
	NullValue

NULL_VALUE\0B
com.google.protobufB\vStructProtoPZ/google.golang.org/protobuf/types/known/structpbø¢GPBªGoogle.Protobuf.WellKnownTypesbproto3`)),qt=D(Kt,0),Jt=D(Kt,1),Yt=D(Kt,2),Xt;(function(e){e[e.NULL_VALUE=0]=`NULL_VALUE`})(Xt||={});function Zt(e,t,n){tn(t,e);let r=$t(e.$unknown,t),[i,a,o]=en(t),s=u(n);for(let e of r)d(i,new l(e.data),a,e.wireType,s);return o()}function Qt(e,t,n){tn(t,e);let r=(e.$unknown??[]).filter(e=>e.no!==t.number),[i,a]=en(t,n),o=new m;Fe(o,{writeUnknownFields:!0},i,a);let s=new l(o.finish());for(;s.pos<s.len;){let[e,t]=s.tag(),n=s.skip(t,e);r.push({no:e,wireType:t,data:n})}e.$unknown=r}function $t(e,t){if(e===void 0)return[];if(t.fieldKind===`enum`||t.fieldKind===`scalar`){for(let n=e.length-1;n>=0;--n)if(e[n].no==t.number)return[e[n]];return[]}return e.filter(e=>e.no===t.number)}function en(e,t){let n=e.typeName,r=Object.assign(Object.assign({},e),{kind:`field`,parent:e.extendee,localName:n}),i=Object.assign(Object.assign({},e.extendee),{fields:[r],members:[r],oneofs:[]}),a=v(i,t===void 0?void 0:{[n]:t});return[gt(i,a),r,()=>{let t=a[n];if(t===void 0){let t=e.message;return _e(t)?te(t.fields[0].scalar,t.fields[0].longAsString):v(t)}return t}]}function tn(e,t){if(e.extendee.typeName!=t.$typeName)throw Error(`extension ${e.typeName} can only be applied to message ${e.extendee.typeName}`)}function nn(e,t,n,r){return t.$typeName!=e.typeName||n.$typeName!=e.typeName?!1:t===n||rn(gt(e,t),gt(e,n),r)}function rn(e,t,n){if(e.desc.typeName===`google.protobuf.Any`&&n?.unpackAny==1)return on(e.message,t.message,n);for(let r of e.fields)if(!an(r,e,t,n))return!1;return!(n?.unknown==1&&!sn(e,t,n.registry)||n?.extensions==1&&!cn(e,t,n))}function an(e,t,n,r){if(!t.isSet(e)&&!n.isSet(e))return!0;if(!t.isSet(e)||!n.isSet(e))return!1;switch(e.fieldKind){case`scalar`:return ye(e.scalar,t.get(e),n.get(e));case`enum`:return t.get(e)===n.get(e);case`message`:return rn(t.get(e),n.get(e),r);case`map`:{let i=t.get(e),a=n.get(e),o=[];for(let e of i.keys()){if(!a.has(e))return!1;o.push(e)}for(let e of a.keys())if(!i.has(e))return!1;for(let t of o){let n=i.get(t),o=a.get(t);if(n!==o)switch(e.mapKind){case`enum`:return!1;case`message`:if(!rn(n,o,r))return!1;break;case`scalar`:if(!ye(e.scalar,n,o))return!1}}break}case`list`:{let i=t.get(e),a=n.get(e);if(i.size!=a.size)return!1;for(let t=0;t<i.size;t++){let n=i.get(t),o=a.get(t);if(n!==o)switch(e.listKind){case`enum`:return!1;case`message`:if(!rn(n,o,r))return!1;break;case`scalar`:if(!ye(e.scalar,n,o))return!1}}break}}return!0}function on(e,t,n){if(e.typeUrl!==t.typeUrl)return!1;let r=Ut(e,n.registry),i=Ut(t,n.registry);if(r&&i){let e=n.registry.getMessage(r.$typeName);if(e)return nn(e,r,i,n)}return ye(E.BYTES,e.value,t.value)}function sn(e,t,n){function r(e,t){let n=e.getUnknown()??[];return t?n.filter(n=>!t.getExtensionFor(e.desc,n.no)):n}let i=r(e,n),a=r(t,n);if(i.length!=a.length)return!1;for(let e=0;e<i.length;e++){let t=i[e],n=a[e];if(t.no!=n.no||t.wireType!=n.wireType||!ye(E.BYTES,t.data,n.data))return!1}return!0}function cn(e,t,n){function r(e,t){return(e.getUnknown()??[]).map(n=>t.getExtensionFor(e.desc,n.no)).filter(e=>e!=null).filter((e,t,n)=>n.indexOf(e)===t)}let i=r(e,n.registry),a=r(t,n.registry);if(i.length!=a.length||i.some(e=>!a.includes(e)))return!1;for(let r of i){let[i,a]=en(r,Zt(e.message,r)),[o]=en(r,Zt(t.message,r));if(!an(a,i,o,n))return!1}return!0}function ln(e,t){t.parent.typeName==e.$typeName&&re(e,t)}var un=Date.parse(`0001-01-01T00:00:00Z`),dn=Date.parse(`9999-12-31T23:59:59Z`),fn=3,pn=2,mn={alwaysEmitImplicit:!1,enumAsInteger:!1,useProtoFieldName:!1};function hn(e){return e?Object.assign(Object.assign({},mn),e):mn}function gn(e,t,n){return yn(e)(hn(n),t)}function _n(e,t,n){let r=gn(e,t,n);return JSON.stringify(r,null,n?.prettySpaces??0)}var vn=new WeakMap;function yn(e){let t=vn.get(e);return t===void 0&&(t=bn(e)),t}function bn(e){let t=e.typeName,n=Sn(e);if(n!==void 0){let r=e.fields[0],i=(e,i)=>{if(i.$typeName!==t&&r!==void 0)throw new O(r,`cannot use ${r} with message ${i.$typeName}`,`ForeignFieldError`);return n(e,i)};return vn.set(e,i),i}let r=e.fields.concat().sort((e,t)=>e.number-t.number),i=r[0],a=[],o=(n,r)=>{if(r.$typeName!==t&&i!==void 0)throw new O(i,`cannot use ${i} with message ${r.$typeName}`,`ForeignFieldError`);let o={};for(let e=0;e<a.length;e++)a[e](n,r,o);return n.registry&&In(o,n,n.registry,r,e),o};vn.set(e,o);for(let e of r){let t=Cn(e);a.push(e.jsonName===`__proto__`||e.name===`__proto__`?xn(t):t)}return o}function xn(t){return(n,r,i)=>{let a=Object.create(null);t(n,r,a);for(let t of Object.keys(a))e(i,t,a[t])}}function Sn(e){if(e.typeName.startsWith(`google.protobuf.`))switch(e.typeName){case`google.protobuf.Any`:return(e,t)=>Ln(t,e);case`google.protobuf.Timestamp`:return(e,t)=>Un(t);case`google.protobuf.Duration`:return(e,t)=>Rn(t);case`google.protobuf.FieldMask`:return(e,t)=>zn(t);case`google.protobuf.Struct`:return(e,t)=>Bn(t);case`google.protobuf.Value`:return(e,t)=>Vn(t);case`google.protobuf.ListValue`:return(e,t)=>Hn(t);default:if(_e(e)){let t=e.fields[0],n=t.localName,r=te(t.scalar,!1),i=Pn(t);return(e,t)=>{let a=t[n];return i(e,a===void 0?r:a)}}return}}function Cn(e){switch(e.fieldKind){case`scalar`:case`enum`:case`message`:return wn(e);case`list`:case`map`:{let t=e.fieldKind==`list`?On(e):An(e),n=e.name,r=e.jsonName,i=e.localName;return(e,a,o)=>{let s=t(e,a[i]);s!==void 0&&(o[e.useProtoFieldName?n:r]=s)}}}}function wn(e){let t=En(e),n=e.name,r=e.jsonName,i=e.localName;if(e.oneof){let a=e.oneof.localName;return(e,o,s)=>{let c=o[a];c.case===i&&(s[e.useProtoFieldName?n:r]=t(e,c.value))}}if(e.presence!=pn){let a=e.presence==fn?`cannot encode ${e} to JSON: required field not set`:void 0;return(e,o,s)=>{let c=o[i];if(c!==void 0&&Object.prototype.hasOwnProperty.call(o,i))s[e.useProtoFieldName?n:r]=t(e,c);else if(a!==void 0)throw Error(a)}}if(e.fieldKind==`enum`){let a=e.enum.values[0].number;return(e,o,s)=>{let c=o[i];(c!==a||e.alwaysEmitImplicit)&&(s[e.useProtoFieldName?n:r]=t(e,c))}}switch(e.scalar){case E.BOOL:return(e,a,o)=>{let s=a[i];(s!==!1||e.alwaysEmitImplicit)&&(o[e.useProtoFieldName?n:r]=t(e,s))};case E.STRING:return(e,a,o)=>{let s=a[i];(s!==``||e.alwaysEmitImplicit)&&(o[e.useProtoFieldName?n:r]=t(e,s))};case E.BYTES:return(e,a,o)=>{let s=a[i];(!(s instanceof Uint8Array)||s.byteLength>0||e.alwaysEmitImplicit)&&(o[e.useProtoFieldName?n:r]=t(e,s))};case E.DOUBLE:case E.FLOAT:return(e,a,o)=>{let s=a[i];(!Object.is(s,0)||e.alwaysEmitImplicit)&&(o[e.useProtoFieldName?n:r]=t(e,s))};default:return(e,a,o)=>{let s=a[i];(s!=0||e.alwaysEmitImplicit)&&(o[e.useProtoFieldName?n:r]=t(e,s))}}}function Tn(e){switch(e.fieldKind){case`scalar`:case`enum`:case`message`:return En(e);case`list`:return On(e);case`map`:return An(e)}}function En(e){switch(e.fieldKind){case`scalar`:return Pn(e);case`enum`:return Mn(e);case`message`:return Dn(e)}}function Dn(e){let{toMessage:t}=f(e),n=yn(e.message);return(e,r)=>n(e,t(r))}function On(e){let t=kn(e);return(e,n)=>{let r=n;if(r.length==0&&!e.alwaysEmitImplicit)return;let i=[];for(let n=0;n<r.length;n++)i.push(t(e,r[n]));return i}}function kn(e){switch(e.listKind){case`scalar`:return Pn(e);case`enum`:return Mn(e);case`message`:return Dn(e)}}function An(t){let n=jn(t);return(t,r)=>{let i=r,a=Object.keys(i);if(a.length==0&&!t.alwaysEmitImplicit)return;let o={};for(let r=0;r<a.length;r++){let s=a[r];e(o,s,n(t,i[s]))}return o}}function jn(e){switch(e.mapKind){case`scalar`:return Pn(e);case`enum`:return Mn(e);case`message`:return Dn(e)}}function Mn(e){let t=e.enum;return t.typeName==`google.protobuf.NullValue`?(e,n)=>{if(typeof n!=`number`)throw Nn(t,n);return null}:(e,n)=>{if(typeof n!=`number`)throw Nn(t,n);return e.enumAsInteger?n:t.value[n]?.jsonName??n}}function Nn(e,t){return Error(`cannot encode ${e} to JSON: expected number, got ${P(t)}`)}function Pn(e){switch(e.scalar){case E.INT32:case E.SFIXED32:case E.SINT32:case E.FIXED32:case E.UINT32:return(t,n)=>{if(typeof n!=`number`)throw Fn(e,n);return n};case E.FLOAT:case E.DOUBLE:return(t,n)=>{if(typeof n!=`number`)throw Fn(e,n);return Number.isNaN(n)?`NaN`:n===1/0?`Infinity`:n===-1/0?`-Infinity`:n};case E.STRING:return(t,n)=>{if(typeof n!=`string`)throw Fn(e,n);return n};case E.BOOL:return(t,n)=>{if(typeof n!=`boolean`)throw Fn(e,n);return n};case E.UINT64:case E.FIXED64:case E.INT64:case E.SFIXED64:case E.SINT64:return(t,n)=>{if(typeof n==`bigint`||typeof n==`string`||typeof n==`number`&&Number.isInteger(n))return n.toString();throw Fn(e,n)};case E.BYTES:return(t,n)=>{if(n instanceof Uint8Array)return Ne(n);throw Fn(e,n)}}}function Fn(e,t){return Error(`cannot encode ${e} to JSON: ${ot(e,t)?.message}`)}function In(e,t,n,r,i){let a=r.$unknown;if(a===void 0)return;let o=new Set;for(let s=0;s<a.length;s++){let{no:c}=a[s];if(!o.has(c)){o.add(c);let a=n.getExtensionFor(i,c);if(!a)continue;let[s,l]=en(a,Zt(r,a)),u=s[ce],d=Tn(l)(t,u[l.localName]);d!==void 0&&(e[a.jsonName]=d)}}}function Ln(e,t){if(e.typeUrl===``)return{};let{registry:n}=t,r,i;if(n&&(r=Ut(e,n),r&&(i=n.getMessage(r.$typeName))),!i||!r)throw Error(`cannot encode message ${e.$typeName} to JSON: "${e.typeUrl}" is not in the type registry`);let o=a(i)?{value:yn(i)(t,r)}:yn(i)(t,r);return o[`@type`]=e.typeUrl,o}function Rn(e){let t=Number(e.seconds),n=e.nanos;if(t>315576e6||t<-315576e6)throw Error(`cannot encode message ${e.$typeName} to JSON: value out of range`);if(t>0&&n<0||t<0&&n>0)throw Error(`cannot encode message ${e.$typeName} to JSON: nanos sign must match seconds sign`);let r=e.seconds.toString();if(n!==0){let e=Math.abs(n).toString();e=`0`.repeat(9-e.length)+e,e.substring(3)===`000000`?e=e.substring(0,3):e.substring(6)===`000`&&(e=e.substring(0,6)),r+=`.`+e,n<0&&t==0&&(r=`-`+r)}return r+`s`}function zn(e){return e.paths.map(t=>{if(Ae(Ue(t))!==t)throw Error(`cannot encode message ${e.$typeName} to JSON: lowerCamelCase of path name "${t}" is irreversible`);return Ue(t)}).join(`,`)}function Bn(t){let n={},r=Object.keys(t.fields);for(let i=0;i<r.length;i++){let a=r[i];e(n,a,Vn(t.fields[a]))}return n}function Vn(e){switch(e.kind.case){case`nullValue`:return null;case`numberValue`:if(!Number.isFinite(e.kind.value))throw Error(`${e.$typeName} cannot be NaN or Infinity`);return e.kind.value;case`boolValue`:return e.kind.value;case`stringValue`:return e.kind.value;case`structValue`:return Bn(e.kind.value);case`listValue`:return Hn(e.kind.value);default:throw Error(`${e.$typeName} must have a value`)}}function Hn(e){return e.values.map(Vn)}function Un(e){let t=Number(e.seconds)*1e3;if(t<un||t>dn)throw Error(`cannot encode message ${e.$typeName} to JSON: must be from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z inclusive`);if(e.nanos<0)throw Error(`cannot encode message ${e.$typeName} to JSON: nanos must not be negative`);if(e.nanos>999999999)throw Error(`cannot encode message ${e.$typeName} to JSON: nanos must not be greater than 999999999`);let n=`Z`;if(e.nanos>0){let t=(e.nanos+1e9).toString().substring(1);n=t.substring(3)===`000000`?`.`+t.substring(0,3)+`Z`:t.substring(6)===`000`?`.`+t.substring(0,6)+`Z`:`.`+t+`Z`}return new Date(t).toISOString().replace(`.000Z`,n)}var Wn=2;function Gn(e){return Object.assign(Object.assign({ignoreUnknownFields:!1,recursionLimit:100},e),{depth:0})}function Kn(e,t,n){let r=v(e);return qn(e,r,t,n),r}function qn(e,t,n,r){try{Yn(e)(t,n,Gn(r))}catch(e){throw ke(e)?Error(`cannot decode ${e.field()} from JSON: ${e.message}`,{cause:e}):e}}var Jn=new WeakMap;function Yn(e){let t=Jn.get(e);return t===void 0&&(t=Xn(e)),t}function Xn(e){let t=String(e),n=Zn(e);if(n!==void 0){let r=(e,r,i)=>{if(++i.depth>i.recursionLimit)throw Error(`cannot decode ${t} from JSON: maximum recursion depth of ${i.recursionLimit} reached`);n(e,r,i),i.depth--};return Jn.set(e,r),r}let r=e.typeName,i=new Map,a=(e,n,a)=>{if(++a.depth>a.recursionLimit)throw Error(`cannot decode ${t} from JSON: maximum recursion depth of ${a.recursionLimit} reached`);if(n==null||Array.isArray(n)||typeof n!=`object`)throw Error(`cannot decode ${t} from JSON: ${P(n)}`);let o=new Map,s=new Set,c=Object.keys(n);for(let l=0;l<c.length;l++){let u=c[l],d=n[u],f=i.get(u);if(f!==void 0){let t=f.field;if(s.has(t))throw new O(t,`set multiple times`);if(s.add(t),f.oneofScalarNullSkip&&d===null)continue;if(f.oneof){let e=o.get(f.oneof);if(e!==void 0)throw new O(f.oneof,`oneof set multiple times by ${e.name} and ${t.name}`);o.set(f.oneof,t)}f.read(e,d,a)}else{let n=u.startsWith(`[`)&&u.endsWith(`]`)?a.registry?.getExtension(u.substring(1,u.length-1)):void 0;if(n?.extendee.typeName==r){let[t,r,i]=en(n);Qn(r)(t[ce],d,a),Qt(e,n,i())}if(n===void 0&&!a.ignoreUnknownFields)throw Error(`cannot decode ${t} from JSON: key "${u}" is unknown`)}}a.depth--};Jn.set(e,a);for(let t of e.fields){let e={read:Qn(t),field:t,oneof:t.oneof,oneofScalarNullSkip:t.oneof!==void 0&&t.fieldKind==`scalar`};i.set(t.name,e).set(t.jsonName,e)}return a}function Zn(e){if(e.typeName.startsWith(`google.protobuf.`))switch(e.typeName){case`google.protobuf.Any`:return(e,t,n)=>mr(e,t,n);case`google.protobuf.Timestamp`:return(e,t)=>hr(e,t);case`google.protobuf.Duration`:return(e,t)=>gr(e,t);case`google.protobuf.FieldMask`:return(e,t)=>_r(e,t);case`google.protobuf.Struct`:return(e,t,n)=>vr(e,t,n);case`google.protobuf.Value`:return(e,t,n)=>yr(e,t,n);case`google.protobuf.ListValue`:return(e,t,n)=>br(e,t,n);default:if(_e(e)){let t=e.fields[0],n=t.localName,r=t.scalar,i=t.longAsString,a=lr(t);return(e,t)=>{t===null?e[n]=te(r,i):e[n]=a(t)}}return}}function Qn(e){switch(e.fieldKind){case`scalar`:return $n(e);case`enum`:return tr(e);case`message`:return nr(e);case`list`:return rr(e);case`map`:return ar(e)}}function $n(e){let t=lr(e),n=e.localName;if(e.oneof){let r=e.oneof.localName;return(e,i)=>{e[r]={case:n,value:t(i)}}}let r=er(e);return(e,i)=>{i===null?r(e):e[n]=t(i)}}function er(e){let t=e.localName;if(e.presence!=Wn)return e=>{delete e[t]};if(e.fieldKind==`enum`){let n=e.enum.values[0].number;return e=>{e[t]=n}}let n=e.scalar,r=e.longAsString;return e=>{e[t]=te(n,r)}}function tr(e){let t=sr(e.enum),n=cr(e.enum),r=e.localName,i=e.enum.typeName!=`google.protobuf.NullValue`;if(e.oneof){let a=e.oneof.localName;return(o,s,c)=>{if(s===null&&i){o[a].case===r&&(o[a]={case:void 0});return}let l=t(s,c.ignoreUnknownFields);if(l===or)return;let u=n(l);if(u!==!0)throw new O(e,dt(e,l,u));o[a]={case:r,value:l}}}let a=er(e);return(o,s,c)=>{if(s===null&&i){a(o);return}let l=t(s,c.ignoreUnknownFields);if(l===or)return;let u=n(l);if(u!==!0)throw new O(e,dt(e,l,u));o[r]=l}}function nr(e){let t=e.localName,{toMessage:n,toLocal:r}=f(e),i=Yn(e.message),a=e.message.typeName!=`google.protobuf.Value`;if(e.oneof){let o=e.oneof.localName;return(e,s,c)=>{let l=e[o];if(s===null&&a){l.case===t&&(e[o]={case:void 0});return}let u=n(l.case===t?l.value:void 0);i(u,s,c),e[o]={case:t,value:r(u)}}}return(e,o,s)=>{if(o===null&&a){delete e[t];return}let c=n(e[t]);i(c,o,s),e[t]=r(c)}}function rr(e){let t=e.localName,n=ir(e);return(r,i,a)=>{if(i===null)return;if(!Array.isArray(i))throw new O(e,`expected Array, got `+P(i));let o=r[t];for(let e=0;e<i.length;e++){let t=n(i[e],a,o.length);t!==or&&o.push(t)}}}function ir(e){switch(e.listKind){case`scalar`:{let t=ur(e),n=ut(e.scalar),r=dr(e);return(i,a,o)=>{if(i===null)throw new O(e,`list item must not be null`);let s=t(i),c=n(s);if(c!==!0)throw new O(e,`list item #${o+1}: ${dt(e,s,c)}`);return r(s)}}case`enum`:{let t=sr(e.enum),n=cr(e.enum),r=e.enum.typeName!=`google.protobuf.NullValue`;return(i,a,o)=>{if(i===null&&r)throw new O(e,`list item must not be null`);let s=t(i,a.ignoreUnknownFields);if(s===or)return s;let c=n(s);if(c!==!0)throw new O(e,`list item #${o+1}: ${dt(e,s,c)}`);return s}}case`message`:{let{toMessage:t,toLocal:n}=f(e),r=Yn(e.message),i=e.message.typeName!=`google.protobuf.Value`;return(a,o)=>{if(a===null&&i)throw new O(e,`list item must not be null`);let s=t(void 0);return r(s,a,o),n(s)}}}}function ar(t){let n=t.localName,r=t.mapKey,i=fr(r),a=ut(r),o,s,c=e=>e,l=!0;switch(t.mapKind){case`scalar`:o=ur(t),s=ut(t.scalar),c=dr(t);break;case`enum`:{let e=sr(t.enum);o=(t,n)=>e(t,n.ignoreUnknownFields),s=cr(t.enum),l=t.enum.typeName!=`google.protobuf.NullValue`;break}case`message`:{let{toMessage:e,toLocal:n}=f(t),r=Yn(t.message);l=t.message.typeName!=`google.protobuf.Value`,o=(t,i)=>{let a=e(void 0);return r(a,t,i),n(a)};break}}return(u,d,f)=>{if(d===null)return;if(typeof d!=`object`||Array.isArray(d))throw new O(t,`expected object, got `+P(d));let p=u[n],m=new Set,h=Object.keys(d);for(let n=0;n<h.length;n++){let u=h[n],g=d[u],_=i(u);if(m.has(_))throw new O(t,`duplicate map key "${u}"`);if(m.add(_),g===null&&l)throw new O(t,`map value must not be null`);let v=o(g,f);if(v===or)continue;let y=a(_);if(y!==!0)throw new O(t,`invalid map key: ${dt({scalar:r},_,y)}`);if(s!==void 0){let e=s(v);if(e!==!0)throw new O(t,`map entry ${P(_)}: ${dt(t,v,e)}`)}e(p,_,c(v))}}}var or=Symbol();function sr(e){let t=e.values[0].number,n=new Map;for(let t of e.values)n.set(t.jsonName,t.number);for(let t of e.values)n.set(t.name,t.number);return(r,i)=>{if(r===null)return t;switch(typeof r){case`number`:if(Number.isInteger(r))return r;break;case`string`:{let e=n.get(r);if(e!==void 0)return e;if(i)return or;break}}throw Error(`cannot decode ${e} from JSON: ${P(r)}`)}}function cr(e){if(e.open)return ut(E.INT32);let t=e.values;return e=>t.some(t=>t.number===e)}function lr(e){let t=ur(e),n=ut(e.scalar),r=dr(e);return i=>{let a=t(i),o=n(a);if(o!==!0)throw new O(e,dt(e,a,o));return r(a)}}function ur(e){switch(e.scalar){case E.DOUBLE:case E.FLOAT:return t=>{if(t===`NaN`)return NaN;if(t===`Infinity`)return 1/0;if(t===`-Infinity`)return-1/0;if(typeof t==`number`){if(Number.isNaN(t))throw new O(e,`unexpected NaN number`);if(!Number.isFinite(t))throw new O(e,`unexpected infinite number`);return t}if(typeof t==`string`){if(t===``||t.trim().length!==t.length)return t;let e=Number(t);return Number.isFinite(e)?e:t}return t};case E.INT32:case E.FIXED32:case E.SFIXED32:case E.SINT32:case E.UINT32:return pr;case E.BYTES:return t=>{if(typeof t==`string`){if(t===``)return new Uint8Array;try{return je(t)}catch(t){let n=t instanceof Error?t.message:String(t);throw new O(e,n)}}return t};default:return e=>e}}function dr(e){let t=e.fieldKind!==`map`&&e.longAsString;switch(e.scalar){case E.INT64:case E.SFIXED64:case E.SINT64:return t?e=>String(e):e=>typeof e==`string`||typeof e==`number`?fe.parse(e):e;case E.FIXED64:case E.UINT64:return t?e=>String(e):e=>typeof e==`string`||typeof e==`number`?fe.uParse(e):e;default:return e=>e}}function fr(e){switch(e){case E.BOOL:return e=>{switch(e){case`true`:return!0;case`false`:return!1}return e};case E.INT32:case E.FIXED32:case E.UINT32:case E.SFIXED32:case E.SINT32:return pr;case E.INT64:case E.SINT64:case E.SFIXED64:case E.UINT64:case E.FIXED64:return e=>/^-?0+$/.test(e)?`0`:e.replace(/^(-?)0+(?=\d)/,`$1`);default:return e=>e}}function pr(e){if(typeof e==`string`){if(e===``||e.trim().length!==e.length)return e;let t=Number(e);return Number.isNaN(t)?e:t}return e}function mr(t,n,r){if(n===null||Array.isArray(n)||typeof n!=`object`)throw Error(`cannot decode message ${t.$typeName} from JSON: expected object but got ${P(n)}`);if(Object.keys(n).length==0)return;let i=n[`@type`];if(typeof i!=`string`||i==``)throw Error(`cannot decode message ${t.$typeName} from JSON: "@type" is empty`);let o=i.includes(`/`)?i.substring(i.lastIndexOf(`/`)+1):i;if(!o.length)throw Error(`cannot decode message ${t.$typeName} from JSON: "@type" is invalid`);let s=r.registry?.getMessage(o);if(!s)throw Error(`cannot decode message ${t.$typeName} from JSON: ${i} is not in the type registry`);let c=v(s);if(a(s)&&Object.prototype.hasOwnProperty.call(n,`value`))Yn(s)(c,n.value,r);else{let t={};for(let r of Object.keys(n))r!==`@type`&&e(t,r,n[r]);Yn(s)(c,t,r)}Vt(s,c,t)}function hr(e,t){if(typeof t!=`string`)throw Error(`cannot decode message ${e.$typeName} from JSON: ${P(t)}`);let n=t.match(/^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|([+-][0-9][0-9]:[0-9][0-9]))$/);if(!n)throw Error(`cannot decode message ${e.$typeName} from JSON: invalid RFC 3339 string`);let r=Date.parse(n[1]+`-`+n[2]+`-`+n[3]+`T`+n[4]+`:`+n[5]+`:`+n[6]+(n[8]?n[8]:`Z`));if(Number.isNaN(r))throw Error(`cannot decode message ${e.$typeName} from JSON: invalid RFC 3339 string`);if(r<un||r>dn)throw Error(`cannot decode message ${e.$typeName} from JSON: must be from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z inclusive`);e.seconds=fe.parse(r/1e3),e.nanos=0,n[7]&&(e.nanos=parseInt(`1`+n[7]+`0`.repeat(9-n[7].length))-1e9)}function gr(e,t){if(typeof t!=`string`)throw Error(`cannot decode message ${e.$typeName} from JSON: ${P(t)}`);let n=t.match(/^(-?[0-9]+)(?:\.([0-9]+))?s/);if(n===null)throw Error(`cannot decode message ${e.$typeName} from JSON: ${P(t)}`);let r=Number(n[1]);if(r>315576e6||r<-315576e6)throw Error(`cannot decode message ${e.$typeName} from JSON: ${P(t)}`);if(e.seconds=fe.parse(r),typeof n[2]!=`string`)return;let i=n[2]+`0`.repeat(9-n[2].length);e.nanos=parseInt(i),(r<0||Object.is(r,-0))&&(e.nanos=-e.nanos)}function _r(e,t){if(typeof t!=`string`)throw Error(`cannot decode message ${e.$typeName} from JSON: ${P(t)}`);t!==``&&(e.paths=t.split(`,`).map(t=>{if(t.includes(`_`))throw Error(`cannot decode message ${e.$typeName} from JSON: path names must be lowerCamelCase`);return Ae(t)}))}function vr(t,n,r){if(typeof n!=`object`||!n||Array.isArray(n))throw Error(`cannot decode message ${t.$typeName} from JSON ${P(n)}`);let i=Object.keys(n);for(let a=0;a<i.length;a++){let o=i[a],s=v(Jt);yr(s,n[o],r),e(t.fields,o,s)}}function yr(e,t,n){if(++n.depth>n.recursionLimit)throw Error(`cannot decode ${e.$typeName} from JSON: maximum recursion depth of ${n.recursionLimit} reached`);switch(typeof t){case`number`:e.kind={case:`numberValue`,value:t};break;case`string`:e.kind={case:`stringValue`,value:t};break;case`boolean`:e.kind={case:`boolValue`,value:t};break;case`object`:if(t===null)e.kind={case:`nullValue`,value:Xt.NULL_VALUE};else if(Array.isArray(t)){let r=v(Yt);br(r,t,n),e.kind={case:`listValue`,value:r}}else{let r=v(qt);vr(r,t,n),e.kind={case:`structValue`,value:r}}break;default:throw Error(`cannot decode message ${e.$typeName} from JSON ${P(t)}`)}return n.depth--,e}function br(e,t,n){if(!Array.isArray(t))throw Error(`cannot decode message ${e.$typeName} from JSON ${P(t)}`);for(let r=0;r<t.length;r++){let i=v(Jt);yr(i,t[r],n),e.values.push(i)}}var xr=We(btoa(`
!kefu/retrieval/v1/knowledge.protokefu.retrieval.v1"¦

Collection\f
name (	
\fdisplay_name (	
document_count (\r
\rpassage_count (\r
curated_answer_count (\r
\bembedder (	/
\vcreate_time\x07 (\v2.google.protobuf.Timestamp/
\vupdate_time\b (\v2.google.protobuf.Timestamp3
\vcalibration	 (\v2.kefu.retrieval.v1.Calibration"·
\vCalibration
\rmin_relevance (5
source (2%.kefu.retrieval.v1.Calibration.Source
answerable_count (\r
\rforeign_count (\r
\banswered (
\x07refused ((
time\x07 (\v2.google.protobuf.Timestamp
	min_apart\b ("I
Source
SOURCE_UNSPECIFIED\0
\rSOURCE_TITLES
SOURCE_QUESTIONS"^
CalibrateCollectionRequest\f
name (	

answerable (	
\x07foreign (	\r
draft (	"R
\x1BCalibrateCollectionResponse3
\vcalibration (\v2.kefu.retrieval.v1.Calibration"F
CreateCollectionRequest
\rcollection_id (	
\fdisplay_name (	"M
CreateCollectionResponse1

collection (\v2.kefu.retrieval.v1.Collection"$
GetCollectionRequest\f
name (	"J
GetCollectionResponse1

collection (\v2.kefu.retrieval.v1.Collection"?
ListCollectionsRequest
	page_size (

page_token (	"f
ListCollectionsResponse2
\vcollections (\v2.kefu.retrieval.v1.Collection
next_page_token (	"'
DeleteCollectionRequest\f
name (	"
DeleteCollectionResponse"@
\vImportStart

collection (	
create (\b\r
draft (	"¾
\rDocumentStart\f
path (	

media_type (	\r
title (	
\blanguage (	\v
uri (	

valid_from (	
\vvalid_until\x07 (	3
kind\b (2%.kefu.retrieval.v1.DocumentStart.Kind

size_bytes	 (-
\baudience
 (2\x1B.kefu.retrieval.v1.Audience@
\bmetadata\v (\v2..kefu.retrieval.v1.DocumentStart.MetadataEntry/
\rMetadataEntry\v
key (	\r
value (	:8"I
Kind
KIND_UNSPECIFIED\0
\rKIND_DOCUMENT
KIND_CURATED_ANSWERS"
ImportDocumentsRequest/
start (\v2.kefu.retrieval.v1.ImportStartH\04
\bdocument (\v2 .kefu.retrieval.v1.DocumentStartH\0
data (\fH\0B
part"
ImportDocumentsResponse5
\bprogress (\v2!.kefu.retrieval.v1.ImportProgressH\03
result (\v2!.kefu.retrieval.v1.DocumentResultH\0B\b
report"
ImportProgress\f
path (	
passages_total (\r
passages_embedded (\r
\vpages_total (\r

pages_read (\r
pages_recognized (\r"ý
DocumentResult\f
path (	:
\x07outcome (2).kefu.retrieval.v1.DocumentResult.Outcome
\bdocument (	
\bpassages (\r
reason (	
\x07message (	7
\vrecognition\x07 (\v2".kefu.retrieval.v1.TextRecognition"¢
\x07Outcome
OUTCOME_UNSPECIFIED\0
OUTCOME_CREATED
OUTCOME_UPDATED
OUTCOME_UNCHANGED
OUTCOME_FAILED
OUTCOME_UNPACKED
OUTCOME_DELETED"v
TextRecognition\r
pages (	

page_count (\r
\rpicture_count (\r
	certainty (
doubtful_pages (	"«
\bDocument\f
name (	\f
path (	\r
title (	
\blanguage (	\v
uri (	

valid_from (	
\vvalid_until\x07 (	
\rpassage_count\b (\r
sha256	 (	/
\vupdate_time
 (\v2.google.protobuf.Timestamp-
\baudience\v (2\x1B.kefu.retrieval.v1.Audience;
\bmetadata\f (\v2).kefu.retrieval.v1.Document.MetadataEntry7
\vrecognition\r (\v2".kefu.retrieval.v1.TextRecognition/
\rMetadataEntry\v
key (	\r
value (	:8"\`
ListDocumentsRequest

collection (	
	page_size (

page_token (	\r
draft (	"\`
ListDocumentsResponse.
	documents (\v2\x1B.kefu.retrieval.v1.Document
next_page_token (	"
\x07Passage\f
name (	\r
title (	
\bheadings (	\f
text (	
\blanguage (	\v
uri (	\f
path\x07 (	\f
page\b (\r-
\baudience	 (2\x1B.kefu.retrieval.v1.Audience:
\bmetadata
 (\v2(.kefu.retrieval.v1.Passage.MetadataEntry/
\rMetadataEntry\v
key (	\r
value (	:8"]
ListPassagesRequest
\bdocument (	
	page_size (

page_token (	\r
draft (	"]
ListPassagesResponse,
\bpassages (\v2.kefu.retrieval.v1.Passage
next_page_token (	"J
DeleteDocumentRequest\f
name (	
\fkeep_history (\b\r
draft (	"
DeleteDocumentResponse"í
\rCuratedAnswer\f
name (	
	questions (	
answer (	
\blanguage (	

valid_from (	
\vvalid_until (	/
\vupdate_time\x07 (\v2.google.protobuf.Timestamp
\bpriority\b (-
\baudience	 (2\x1B.kefu.retrieval.v1.Audience"v
PutCuratedAnswerRequest

collection (	8
curated_answer (\v2 .kefu.retrieval.v1.CuratedAnswer\r
draft (	"T
PutCuratedAnswerResponse8
curated_answer (\v2 .kefu.retrieval.v1.CuratedAnswer"e
ListCuratedAnswersRequest

collection (	
	page_size (

page_token (	\r
draft (	"p
ListCuratedAnswersResponse9
curated_answers (\v2 .kefu.retrieval.v1.CuratedAnswer
next_page_token (	"9
DeleteCuratedAnswerRequest\f
name (	\r
draft (	"
\x1BDeleteCuratedAnswerResponse"
\rSearchRequest
\vcollections (	\r
query (	\r
top_k (\r
as_of (	
\x07history (	-
\baudience (2\x1B.kefu.retrieval.v1.Audience
	languages\x07 (	*
\x07filters\b (\v2.kefu.retrieval.v1.Filter
with_embedding
 (\b\r
draft\v (	
\x07version\f (	"$
Filter\v
key (	\r
value (	"á
\x07Signals
cosine (\f
bm25 (
\bcoverage (

dense_rank (\r
\flexical_rank (\r
\vhead_cosine (
head_is_question\x07 (\b
other_language\b (\b
rerank	 (H\0
\rmin_relevance
 (B	
\x07_rerank"Ô
	SearchHit+
\x07passage (\v2.kefu.retrieval.v1.Passage\r
score (
	relevance (+
\x07signals (\v2.kefu.retrieval.v1.Signals
\rsame_passages (	
instructions_from (\rH\0B
_instructions_from"Î
\fCuratedMatch8
curated_answer (\v2 .kefu.retrieval.v1.CuratedAnswer
\bquestion (	
cosine (
\x07applies (\b
reason (	
question_words (	
\vquery_words\x07 (	
\fleast_cosine\b ("
SearchResponse*
hits (\v2.kefu.retrieval.v1.SearchHit6
\rcurated_match (\v2.kefu.retrieval.v1.CuratedMatch
query_language (	(
embed (\v2.google.protobuf.Duration(
total (\v2.google.protobuf.Duration
\fused_history (\b
\brevision\b (	
query_embedding	 (\f\r
apart
 (
	min_apart\v (
instruction_score\f (H\0
\x07read_as\r (	
\x07version (	B
_instruction_score"/
\fEmbedRequest\r
texts (	
\bpassages (\b"S
\rEmbedResponse0

embeddings (\v2.kefu.retrieval.v1.Embedding
\bembedder (	"6
CompareTextsRequest
\bquestion (	\r
texts (	"9
CompareTextsResponse
\x07cosines (
\bembedder (	"G
ReadTextsRequest
\bquestion (	\r
texts (	

known_only (\b"4
ReadTextsResponse
\x07answers (
reader (	"\x1B
	Embedding
values ("K

Dictionary\f
text (	/
\vupdate_time (\v2.google.protobuf.Timestamp"l
PutDictionaryRequest

collection (	1

dictionary (\v2.kefu.retrieval.v1.Dictionary\r
draft (	"J
PutDictionaryResponse1

dictionary (\v2.kefu.retrieval.v1.Dictionary"9
GetDictionaryRequest

collection (	\r
draft (	"J
GetDictionaryResponse1

dictionary (\v2.kefu.retrieval.v1.Dictionary"X
ReadFileRequest-
start (\v2.kefu.retrieval.v1.FileStartH\0
data (\fH\0B
part"
	FileStart

size_bytes ("m
ReadFileResponse+
read (\v2\x1B.kefu.retrieval.v1.FileReadH\0
\x07content (\fH\0
\x07preview (\fH\0B
part"Æ
\bFileRead

media_type (	\r
width (\r
height (\r\r
pages (\r4
\x07reading (2#.kefu.retrieval.v1.FileRead.Reading8

page_texts (\v2$.kefu.retrieval.v1.FileRead.PageText&
\bPageText\f
page (\r\f
text (	"\`
\x07Reading
READING_UNSPECIFIED\0
\fREADING_TEXT
READING_NOTHING
READING_NO_READER*O
\bAudience
AUDIENCE_UNSPECIFIED\0
AUDIENCE_EVERYONE
AUDIENCE_STAFF2
KnowledgeServicek
CreateCollection*.kefu.retrieval.v1.CreateCollectionRequest+.kefu.retrieval.v1.CreateCollectionResponseb
\rGetCollection'.kefu.retrieval.v1.GetCollectionRequest(.kefu.retrieval.v1.GetCollectionResponseh
ListCollections).kefu.retrieval.v1.ListCollectionsRequest*.kefu.retrieval.v1.ListCollectionsResponsek
DeleteCollection*.kefu.retrieval.v1.DeleteCollectionRequest+.kefu.retrieval.v1.DeleteCollectionResponset
CalibrateCollection-.kefu.retrieval.v1.CalibrateCollectionRequest..kefu.retrieval.v1.CalibrateCollectionResponsel
ImportDocuments).kefu.retrieval.v1.ImportDocumentsRequest*.kefu.retrieval.v1.ImportDocumentsResponse(0b
\rListDocuments'.kefu.retrieval.v1.ListDocumentsRequest(.kefu.retrieval.v1.ListDocumentsResponse_
\fListPassages&.kefu.retrieval.v1.ListPassagesRequest'.kefu.retrieval.v1.ListPassagesResponsee
DeleteDocument(.kefu.retrieval.v1.DeleteDocumentRequest).kefu.retrieval.v1.DeleteDocumentResponsek
PutCuratedAnswer*.kefu.retrieval.v1.PutCuratedAnswerRequest+.kefu.retrieval.v1.PutCuratedAnswerResponseq
ListCuratedAnswers,.kefu.retrieval.v1.ListCuratedAnswersRequest-.kefu.retrieval.v1.ListCuratedAnswersResponset
DeleteCuratedAnswer-.kefu.retrieval.v1.DeleteCuratedAnswerRequest..kefu.retrieval.v1.DeleteCuratedAnswerResponseM
Search .kefu.retrieval.v1.SearchRequest!.kefu.retrieval.v1.SearchResponseJ
Embed.kefu.retrieval.v1.EmbedRequest .kefu.retrieval.v1.EmbedResponse_
\fCompareTexts&.kefu.retrieval.v1.CompareTextsRequest'.kefu.retrieval.v1.CompareTextsResponseV
	ReadTexts#.kefu.retrieval.v1.ReadTextsRequest$.kefu.retrieval.v1.ReadTextsResponseW
\bReadFile".kefu.retrieval.v1.ReadFileRequest#.kefu.retrieval.v1.ReadFileResponse(0b
\rPutDictionary'.kefu.retrieval.v1.PutDictionaryRequest(.kefu.retrieval.v1.PutDictionaryResponseb
\rGetDictionary'.kefu.retrieval.v1.GetDictionaryRequest(.kefu.retrieval.v1.GetDictionaryResponsebproto3`),[Oe,Me]),Sr=D(xr,15),Cr=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.CREATED=1]=`CREATED`,e[e.UPDATED=2]=`UPDATED`,e[e.UNCHANGED=3]=`UNCHANGED`,e[e.FAILED=4]=`FAILED`,e[e.UNPACKED=5]=`UNPACKED`,e[e.DELETED=6]=`DELETED`,e}({}),wr=D(xr,27),Tr=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.EVERYONE=1]=`EVERYONE`,e[e.STAFF=2]=`STAFF`,e}({}),Er=Pe(xr,0),Dr={conversationsTitle:`Conversations`,conversationsMore:`Everything Kefu has said, including conversations it handled on its own. They are kept as long as sessions are.`,findWords:`Words in a question or its answer`,filterSource:`Answered by`,filterRating:`Rating`,filterReason:`Handed over`,filterSince:`Asked`,whichever:`Any`,handedOverAny:`For whatever reason`,unrated:`Not rated`,filterChecked:`Checked or replaced`,filterLowSupport:`Low support`,filterReopened:`Reopened`,filterAction:`Done by an action`,noConversations:`No conversations match these filters`,noConversationsMore:`Remove a filter, or choose a longer period.`,lookedAt:`Conversations searched: {n}`,lookFurther:`Search further back`,moreTurns:`{n} more matching messages`,allConversations:`All conversations`,openInInbox:`Open in the inbox`,conversationOf:`Conversation of {time}`,markReplaced:`Replaced`,markChecked:`Held back`,markLowSupport:`Support {value}`,markReopened:`Reopened`,markAction:`By {action}`,whyAsk:`Why?`,whyOf:`Why? “{question}”`,whyDecision:`Decided`,whyProfile:`Answer profile`,profileEvidence:`the pages' own words`,profileChoice:`the pages' own words, chosen by the model`,profileFull:`written by the model, figures and codes proven`,profileVerified:`written by the model, each sentence checked again`,profileUnchecked:`as the engine wrote it`,whyModel:`Model`,whyTimes:`Times`,whyBrownOut:`Under load`,whyLevel:`Level {n}`,timeQueue:`waited {time}`,timeSearch:`search {time}`,timeFirst:`first text {time}`,timeTotal:`in all {time}`,timeModel:`model {time}`,whyFound:`What was found`,whyQuery:`Searched for`,whyReadAs:`Understood as`,whyHistory:`Read together with the previous question`,whyRelevance:`Relevance`,whyNeeded:`Needed`,whyNothing:`Nothing was searched: the message itself decided.`,whyNothingFound:`Nothing was found.`,whyTooClose:`The best documents are about equally good ({apart} apart, {wanted} needed).`,whyInstructs:`It tells an assistant what to say, so it is not used as evidence.`,whyCurated:`Nearest curated answer`,whyCuratedApplies:`It applies`,whyCuratedNot:`It does not apply: {reason}`,whyCosine:`cosine {value}, {wanted} needed`,whyEvidence:`Evidence`,whyBears:`Probably an answer: {value}`,whyBearsNot:`Unlikely to be an answer: {value}`,whyChosen:`Chosen`,whyNotChosen:`Not chosen`,whyComputed:`Computed: {text}`,whyChecks:`What the checks said`,whyPassed:`Every sentence passed.`,whyFailed:`Did not pass “{check}”`,whyLiteral:`Not in the evidence: {literal}`,whyInstead:`Said instead, or after it: {what}`,whyContinued:`Replicas that failed mid-answer: {n}`,whyActions:`Actions it may have asked for`,whyRead:`Details found in the message`,correct:`Correct this answer`,correctCurated:`Write a curated answer`,correctDocument:`Edit the document`,saidFiles:`Files without a message`,correctGolden:`Make a golden question`,wouldHit:`Would have answered`,wouldHitNone:`None of the recent questions. Conversations searched: {n}`,wouldHitCheck:`Which questions would it answer?`,wouldHitTimes:`× {n}`,review:`Review`,reviewMore:`Each day a person judges a sample of the answers. What this says about all answers is shown below, with its confidence interval.`,reviewDay:`Day (UTC)`,reviewKeys:`Keys: 1 right, 2 half, 3 wrong, 4 unsafe; J and K for next and previous`,noSample:`No answers to review on this day`,noSampleMore:`Choose another day. Conversations are kept as long as sessions are.`,sampleOpen:`The day is not over yet, so its sample may still change.`,verdictRight:`Right`,verdictHalf:`Half`,verdictWrong:`Wrong`,verdictUnsafe:`Unsafe`,verdictNone:`Not judged`,judgedBy:`{verdict}, by {name}`,takeVerdictBack:`Undo verdict`,reviewNote:`Note`,reviewNoteHint:`Optional, sent with the verdict. It is erased with the conversation.`,answerGone:`This conversation no longer exists.`,stratumReplaced:`Replaced`,stratumLowSupport:`Low support`,stratumReopened:`Reopened`,stratumLong:`Long conversation`,stratumOrdinary:`Drawn at random`,stratum:`Stratum`,answersOf:`Answers`,drawnOf:`Drawn`,numbersOfReviews:`What reviews say`,numbersOfReviewsMore:`Last 7 days; {judged} of {answers} judged`,noReviews:`Nothing has been judged in the last 7 days.`,resolvedByReview:`Resolved by review`,resolvedByReviewMore:`{low} to {high}, {n} judged`,resolvedByReviewNone:`Nothing judged yet`,shareInterval:`{share} ({low} to {high})`,ofAllQuestions:`Resolved, of all questions`,ofAllAnswersRight:`Right, of all answers`},Or={experiments:`Experiments`,experimentsMore:`A share of new conversations is answered from a draft, and their results are compared with those of the others.`,noExperiments:`No experiments yet.`,experimentRuns:`Running`,experimentStopped:`Stopped`,experimentPromoted:`Draft promoted`,experimentPlanned:`Finished`,experimentDraftGone:`The draft no longer exists`,experimentSince:`{share} of new conversations since {time}`,experimentBetter:`More is resolved with the draft.`,experimentWorse:`Less is resolved with the draft.`,experimentUndecided:`No clear difference yet.`,experimentTest:`Difference in what is resolved, draft minus live: {difference} ({low} to {high}). However often you look, a difference that does not exist is shown at most {rate} of the time.`,experimentCounted:`{n} of {most} counted. A conversation counts once nobody has written in it for half an hour.`,armDraft:`Draft`,armLive:`Live`,armWhat:`Result`,armConversations:`Conversations`,armResolved:`Resolved`,armHandedOver:`Handed over`,armRatedDown:`Rated down`,armFirstText:`First text, 95 % within`,armShare:`{share} ({low} to {high})`,experimentFellBack:`Messages in the draft's group that were answered from the live version because the draft could not be used: {n}.`,experimentLeftOut:`Left out: from customers already counted: {repeated}; without a question: {without}.`,experimentStart:`Start an experiment`,experimentDraft:`Draft`,experimentDraftHint:`For example collections/help/drafts/…`,experimentNoDrafts:`An experiment needs an open draft, and there is none.`,experimentShare:`Share of new conversations (%)`,experimentShareHint:`1 to 50. Conversations already under way are not affected.`,experimentMost:`End after this many conversations`,experimentTitle:`Title`,experimentStop:`Stop`,experimentStopMore:`Conversations in the draft's group continue with the live version. Those still open are not counted.`,experimentPromote:`Promote the draft`,experimentPromoteMore:`Everybody is answered from {draft}, and the experiment ends. A draft that is held cannot be promoted.`,experimentEarlier:`Earlier experiments`,failExperimentRuns:`An experiment is already running; stop it first.`,failExperimentNotFound:`This experiment no longer exists.`},kr={golden:`Golden questions`,goldenMore:`Questions whose answers must stay right. They are asked whenever you like, for every draft whose check is requested, and every night.`,goldenRuns:`Runs`,newGolden:`New question`,noGolden:`No golden questions yet`,noGoldenMore:`Make one from an answer, write one, or import a questions.jsonl.`,goldenLost:`answers lost in the last run`,runGolden:`Ask all`,runThis:`Ask this one`,stopRun:`Stop the run?`,stopRunMore:`Leaving this page stops it. Questions not yet asked will not be asked.`,stopAndLeave:`Stop and leave`,asking:`Asking: {judged} of {questions}`,goldenNotAsked:`Not asked yet`,onlyRed:`Only failures`,verdict:`Verdict`,goldenVerdictRight:`Right`,goldenVerdictHalf:`Partly right`,goldenVerdictWrong:`Wrong`,verdictRefused:`Refused`,verdictAskedBack:`Asked back`,goldenVerdictNone:`Not asked`,change:`Change`,changeLost:`Lost`,changeGained:`Gained`,changeStillWrong:`Still wrong`,changeStillRight:`Still right`,changeNone:`Nothing to compare with`,whyVerdict:`Why`,answerNow:`Now`,answerBefore:`Before`,answerDraft:`Draft`,answerLive:`Live`,noAnswerBefore:`There is no earlier answer.`,nothingSaid:`Nothing was said.`,answerForgotten:`The text is no longer kept.`,askedTwice:`Asked twice`,bothAnswers:`Both answers, side by side`,goldenFoundIn:`Found in: {titles}`,calledPerson:`A person would be called: {reason}`,runOf:`Run of {time}`,backToRuns:`All runs`,noRuns:`No runs yet`,runOver:`Over`,overLive:`live`,runTrigger:`Started by`,triggerDraft:`a draft’s check`,triggerNight:`the nightly run`,runRunning:`running`,runFinished:`finished`,runStopped:`stopped early`,runSummary:`{right} of {questions} right. Lost: {lost}, gained: {gained}, still wrong: {wrong}, not asked: {none}.`,lostCount:`Lost`,gainedCount:`Gained`,rightCount:`Right`,showStillRight:`Show those that are still right: {n}`,nothingChanged:`No answer was lost or gained.`,goldenQuestion:`Question`,goldenQuestionHint:`As a customer asks it. No personal data: it is kept.`,goldenBefore:`Earlier messages`,goldenBeforeHint:`What the customer wrote earlier in the same conversation, one per line, oldest first.`,goldenMust:`Must be said`,goldenMustHint:`One per line, with | between ways to say the same: 7 days | seven days`,goldenMustNot:`Must not be said`,goldenMustNotHint:`One per line: what would make the answer wrong.`,goldenPolarity:`Yes or no`,goldenPolarityHint:`Whether what is asked about is the case, however the question is put.`,polarityNone:`Not a yes-or-no question`,polarityYes:`Yes, it is`,polarityNo:`No, it is not`,goldenPerson:`A person`,personNo:`is not needed: the pages have the answer`,personAllowed:`may be called`,personRequired:`must be called`,goldenNote:`The right answer, in one sentence`,goldenCollections:`Collections`,goldenAllCollections:`all collections`,goldenAnsweredThen:`What Kefu answered at the time`,goldenFromTurn:`Made from an answer. Check it, then save it.`,goldenNeedsMust:`Say what must or must not be said, yes or no, or that a person must be called; otherwise any answer would be right.`,goldenSaved:`Saved. It counts from the next run on.`,goldenDeleteMore:`“{text}” will no longer be asked.`,importGolden:`Import`,exportGolden:`Export`,importGoldenMore:`A questions.jsonl: one JSON object per line, as described in docs/guides/evaluation.md. Questions of the same name are replaced.`,chooseFile:`File`,importedGolden:`{count} questions stored.`,importedGolden_one:`1 question stored.`,importRefused:`Nothing was imported. Correct these lines:`,lineWrong:`Line {n} {text}.`,makeGolden:`Keep as a golden question`,makeGoldenOf:`Keep as a golden question: “{question}”`,failGoldenNotFound:`This golden question no longer exists.`,failGoldenRunNotFound:`This run is no longer kept.`,eventGolden:`Golden answers lost`},Ar={sourcesTab:`Sources`,sourcesMore:`Sites, feeds and other systems that Kefu reads by itself. If a page cannot be read, its last good copy stays.`,newSource:`New source`,noSources:`No sources yet`,noSourcesMore:`A source keeps this collection in step with a site, a repository or another system.`,sourceOf:`Source`,sourceDocuments:`Documents`,sourceNext:`Next run`,sourceLast:`Last run`,sourceWhenAsked:`on demand`,sourcePaused:`Paused`,sourceNever:`never run`,sourceRun:`Run now`,sourceRuns:`Runs of {name}`,sourceRunsButton:`Runs`,sourceEdit:`Edit`,sourceDelete:`Delete`,sourceDeleteTitle:`Delete {name}?`,sourceDeleteMore:`The history of its runs is deleted. Its documents stay unless you delete them too.`,sourceDeleteDocuments:`Delete its documents too`,sourceHeldNotice:`A run is on hold, and nothing has been changed: {name}. {reason}`,sourceReview:`Review`,sourceApprove:`Approve`,sourceDismiss:`Dismiss`,sourceCompare:`Difference`,sourceDifference:`What would change in {address}`,sourceToken:`Whoever calls this address (POST) starts the source. It is not shown again:`,syncQueued:`Waiting`,syncRunning:`Running: {seen} read; {applied} of {total} imported or deleted`,syncDone:`Applied`,syncHeld:`Held`,syncFailed:`Failed`,syncDismissed:`Dismissed`,syncSuperseded:`Replaced by a later one`,syncBegan:`Started`,syncOutcomeAdded:`added`,syncOutcomeChanged:`changed`,syncOutcomeMoved:`moved`,syncOutcomeGone:`removed`,syncOutcomeFailed:`failed`,syncOutcomeMissing:`missing`,syncOutcomeForbidden:`forbidden`,syncOutcomeUnchanged:`unchanged`,syncOutcomeWhy:`Why`,syncOutcomeAddress:`Address`,syncOutcomeMovedFrom:`was {address}`,sourceKind:`Kind`,kindSitemap:`Sitemap`,kindCrawl:`Site, following links`,kindGit:`Git repository`,kindFeed:`Feed (RSS, Atom)`,kindFolder:`Folder on the server`,kindS3:`S3 bucket`,kindRest:`Another system, by a recipe`,sourceName:`ID`,sourceNameHint:`a-z, 0-9 and “-”, starting with a letter, such as help-centre. It cannot be changed later.`,sourceAddress:`Address`,sourcePath:`Folder path`,sourcePrefix:`Only addresses beginning with`,sourceFolder:`Folder within it`,sourceBucket:`Bucket`,sourceRecipe:`Recipe`,sourceSettings:`Settings, one per line`,sourceSettingsHint:`For example {example}`,sourceEvery:`Runs every … hours`,sourceEveryHint:`Leave empty to run it on demand.`,sourceSecret:`Secret`,sourceSecretHint:`Its name begins with source-. Secrets are stored on the Actions page.`,sourceStaff:`Documents for staff only`,sourcePause:`Paused: runs on demand only`,sourceUnchecked:`Changes go live without asking the golden questions`},jr={ocr:`Text recognition`,ocrPages:`pages {pages}`,ocrPages_one:`page {pages}`,ocrPictures:`{count} pictures`,ocrPictures_one:`1 picture`,ocrAnd:` and `,ocrRead:`{what} read by OCR, {percent} % sure`,ocrDoubtful:`Compare with the original: {pages}`,phaseReading:`Reading page {read} of {count}`,phaseReading_one:`Reading page {read} of 1`},Mr={drafts:`Drafts`,draftsMore:`A draft is a copy of this collection. Change it, try it out, and promote it when it is right. Until then customers see none of it.`,newDraft:`New draft`,draftTitle:`What it is for`,noDrafts:`No open drafts`,noDraftsMore:`Make one to change documents and curated answers without customers seeing it.`,closedDrafts:`Closed drafts`,versionsHead:`Versions`,versionsMore:`What customers are answered from now, and what they were answered from before. Rolling back takes effect at once.`,versionOriginal:`The collection as first imported`,liveNow:`Live`,liveUntil:`Live until {time}`,rollBack:`Roll back`,rollBackNamed:`Roll back to “{title}”`,rollBackMore:`Customers are answered from it at once. The version that is live now is kept.`,rolledBack:`“{title}” is live.`,draftState:`State`,draftOpen:`Open`,draftChecking:`Being checked`,draftHeld:`Held`,draftPromoted:`Promoted`,draftDiscarded:`Discarded`,draftOutdated:`The live version has changed since`,draftOutdatedMore:`The live version has changed since this draft was made. Bring in those changes before you promote it.`,draftChanges:`Changes`,draftCounts:`{added} added, {changed} changed, {deleted} deleted`,draftNoChanges:`No changes yet`,draftNoChangesMore:`Add documents here, or import into it with kefu import --draft {id}.`,draftMade:`Created`,allDrafts:`All drafts`,addToDraft:`Add or replace documents`,addedToDraft:`{count} documents are in the draft.`,addedToDraft_one:`1 document is in the draft.`,refreshDraft:`Bring in live changes`,refreshedDraft:`Brought in: {taken}. In conflict, kept as in the draft: {conflicts}.`,promoteDraft:`Promote`,promoteDraftTitle:`Answer customers from this draft?`,promoteDraftMore:`It is live on every replica within a second. The previous version is kept, and you can roll back.`,promotedDraft:`It is live.`,discardDraft:`Discard`,discardDraftTitle:`Discard this draft?`,discardDraftMore:`Everything changed in it is lost. This cannot be undone.`,draftHeldMore:`The last check: {passed} passed, {failed} failed. Fix the draft, or promote it and say why.`,draftCheckedMore:`The last check: {passed} passed, {failed} failed.`,draftCheckOld:`The draft has changed since.`,draftLost:`Questions that would lose their answer`,promoteUnchecked:`Why promote it before its check has ended?`,promoteAlthough:`Why promote it although its check failed?`,changeAdded:`New`,changeChanged:`Changed`,changeDeleted:`Deleted`,changeConflict:`Changed in the live version too`,changeWhat:`Change`,changeDictionary:`Words and synonyms`,showChange:`Show what changes`,showChangeNamed:`Show what changes in {name}`,changeOf:`What changes in {name}`,tryDraft:`Try a question`,tryDraftMore:`The same search in the live version and in the draft.`,tryLive:`Live`,tryDraftSide:`This draft`,history:`History`,historyMore:`Who changed this document, and when. Up to 20 revisions are kept.`,historyDeleted:`Deleted`,historyFromDraft:`Promoted with a draft`,historyFromVersion:`Another version went live`,historyRestored:`Restored from revision {n}`,historyUnknown:`Somebody`,keepHistory:`Keep its history for 30 days so that it can be restored`},Nr={procedures:`Procedures`,proceduresMore:`How customers are to be served, step by step. Kefu follows a procedure within seconds of it being saved.`,newProcedure:`New procedure`,noProcedures:`No procedures yet`,noProceduresMore:`A procedure says what to ask, look up, say and do, and when.`,procedure:`Procedure`,revision:`Revision`,revisionIs:`Revision {n}`,changed:`Changed`,stateOf:`State`,inForce:`OK`,notStored:`Not saved yet`,unsaved:`Unsaved changes`,errorCount:`{count} errors`,errorCount_one:`1 error`,warningCount:`{count} warnings`,warningCount_one:`1 warning`,procedureName:`Name`,procedureNameHint:`a-z, 0-9 and “-”, starting with a letter, such as cancel-order. It cannot be changed later.`,procedureExists:`A procedure of this name already exists: open that one, or choose another name.`,mainAction:`What is to be done`,mainActionHint:`The procedure begins with this action. If you leave it out, put its name in place of “{placeholder}” later.`,actionLater:`Fill in later`,page:`Page`,revisions:`Revisions`,simulation:`Simulation`,backToProcedures:`All procedures`,pageHint:`Markdown with the sections When, Steps, Never and Notes. Ctrl + S saves.`,cursorLine:`Line {n} of {lines}`,findings:`Findings`,checking:`Checking…`,noFindings:`No problems found.`,findingsAre:`{errors}, {warnings}`,lineError:`Line {n}: error:`,lineWarning:`Line {n}: warning:`,lineIs:`Line {n}`,goToLine:`Go to line {n}`,flow:`Flow`,flowMore:`The steps as Kefu understands them.`,noSteps:`No steps recognised yet`,kindAsk:`Ask`,kindLookUp:`Look up`,kindIf:`If`,kindOtherwise:`Otherwise`,kindSay:`Say`,kindDo:`Do`,kindHandOver:`Hand over`,kindEnd:`End`,kindUnknown:`Step`,procedureSaved:`Saved as revision {n}.`,mendFirst:`Not saved: the page has an error. The cursor is at the first one.`,procedureStale:`Not saved: somebody else has saved another revision meanwhile. Your text is still here.`,procedureGone:`Somebody else has deleted this procedure. Your text is still here; saving it creates the procedure again.`,compareStale:`Compare the two`,compareStaleTitle:`The saved page and your text`,compareStaleMore:`“−” marks lines of the saved page, “+” yours. If you keep your text and save it, it replaces the saved page, which remains as a revision.`,keepMine:`Keep my text`,takeStored:`Use the saved page`,discard:`Discard changes`,discardMore:`What you have changed since revision {n} will be lost.`,discardNew:`This procedure has not been saved yet: all of it will be lost.`,deleteProcedure:`Delete this procedure?`,deleteProcedureMore:`“{title}” is deleted with all its revisions, and Kefu no longer follows it. This cannot be undone.`,revisionsMore:`The last 50, newest first.`,noRevisions:`No revisions yet: it has not been saved.`,current:`In force`,fromRevision:`From revision`,toRevision:`To revision`,whatChanged:`What changed`,whatChangedIn:`What changed in revision {n}`,restore:`Restore`,restoreNamed:`Restore revision {n}`,restoreTitle:`Restore revision {n}?`,restoreMore:`Its page is saved again as a new revision; the current one stays in this list.`,restoreUnsaved:`Your unsaved changes will be lost.`,restored:`Restored as revision {n}.`,difference:`Difference`,differenceBetween:`Difference between revisions {from} and {to}`,sameText:`The two are the same.`,lineAdded:`added:`,lineRemoved:`removed:`,linesSame:`{count} lines unchanged`,linesSame_one:`1 line unchanged`,linesChanged:`{added} added, {removed} removed`,oldLine:`Old line`,newLine:`New line`,simulationMore:`Made-up customers go through the page as it is in the editor, in every situation its conditions distinguish. Nothing is looked up or changed in any system.`,simulate:`Simulate`,simulating:`The customers are talking to Kefu…`,simulated:`{count} conversations`,simulated_one:`1 conversation`,simulatedWrong:`{conversations}; {wrong} went wrong`,simulatedGood:`{conversations}; none went wrong.`,unreached:`Steps that were never reached`,allReached:`Every step was reached.`,conversations:`Conversations`,wentWrong:`Went wrong`,wentWell:`Went well`,outcome:`Outcome`,outcomeChanged:`something was changed`,outcomeAnswered:`answered`,outcomePerson:`handed to a person`,outcomeAsked:`Kefu was still asking`,changesMade:`Changes (not really made)`,offered:`Offered`,actions:`Actions`,actionsMore:`What Kefu can look up and do in your own systems. Administrators write them, with kefu actions.`,noActions:`No actions yet`,noActionsMore:`An administrator adds them at the command line: kefu actions put FILE.`,action:`Action`,risk:`What it does`,actionReads:`Looks up`,actionWrites:`Changes something`,actionMovesMoney:`Moves money`,calls:`Calls`,inputs:`Inputs`,fromCustomer:`{name} (from the signed-in customer)`,askedBy:`Asked for by`,intentsAre:`Intents: {intents}`,exampleCount:`{count} example messages`,exampleCount_one:`1 example message`,byOthersOnly:`Only through other actions`,signedInOnly:`Signed-in customers only`,asJson:`As JSON`,tryAction:`Try it`,tryActionMore:`The system is called as for this customer. Nothing is changed: an action that changes something is only previewed.`,customerSubject:`Customer (sub)`,tryLanguage:`Language`,trying:`Calling…`,tryStatus:`HTTP status`,tryAnswer:`What would be said`,tryResult:`What is used from the result`,sayNothing:`(nothing)`,secrets:`Secrets`,secretsMore:`Actions refer to them as {secret:NAME}. A value can be written and replaced, but is never shown.`,noSecrets:`No secrets yet`,addSecret:`Store a secret`,secretId:`Name`,secretIdHint:`a-z, 0-9 and “-”, starting with a letter. A secret of the same name is replaced.`,secretValue:`Value`,secretValueHint:`One line. For a value of several lines, such as a PEM key, use kefu secrets put.`,secretStored:`“{name}” is stored.`,deleteSecret:`Delete this secret?`,deleteSecretMore:`Whatever uses “{name}” will fail from then on. This cannot be undone.`,failProcedureNotFound:`This procedure or revision no longer exists.`,failActionNotFound:`This action no longer exists.`,failSecretNotFound:`This secret no longer exists.`},Pr={...Dr,...kr,...Ar,...Nr,...Or,...jr,...Mr,deskTitle:`Kefu desk`,deskOf:`{title}: desk`,sections:`Sections`,skip:`Skip to content`,loading:`Loading…`,retry:`Try again`,close:`Close`,cancel:`Cancel`,create:`Create`,save:`Save`,saving:`Saving…`,saved:`Saved. Changes take effect within seconds.`,edit:`Edit`,editNamed:`Edit “{title}”`,delete:`Delete`,deleteNamed:`Delete “{title}”`,search:`Search`,none:`Nothing yet`,count:`Count`,share:`Share`,time:`Time`,seconds:`{n} s`,minutes:`{n} min`,hours:`{n} h`,hoursMinutes:`{n} h {m} min`,days:`{n} d`,languageUnknown:`unknown`,inbox:`Inbox`,unanswered:`Unanswered`,knowledge:`Knowledge`,numbers:`Numbers`,settings:`Settings`,wantYou:`need your attention`,callsFor:`Waiting for you: {n}`,signIn:`Sign in`,signInMore:`For the people who answer customers and look after the knowledge base.`,signInCompany:`Sign in with your company account`,signOut:`Sign out`,key:`Key`,keyHint:`A key with the role agent (the inbox), lead (knowledge, procedures, numbers and settings, too) or admin. It is kept in this tab only.`,yourName:`What is your name?`,yourNameMore:`Colleagues see it, and so do customers when you write to them.`,name:`Name`,goOn:`Continue`,changeName:`Change name`,troubleRefused:`This key is not valid. It may have been revoked, or part of it is missing.`,troubleStranger:`This key may not work at the desk: it has none of the roles agent, lead and admin. Ask whoever made it for another one.`,troubleUnreachable:`The server cannot be reached. Check the connection, then try again.`,troubleProvider:`Signing in with the company account did not work. Try again, or use a key.`,troubleAccountRefused:`You signed in with your company account, but the token it returned is not meant for this desk, or is no longer valid. Please tell your administrator.`,troubleAccountStranger:`Your company account has no role at this desk. Ask whoever manages accounts for one, or sign in with another account.`,troubleAccountEnded:`Your session has ended. Sign in again; your drafts are still here.`,noScope:`Your key lacks the scope “{scope}”`,noScopeMore:`This page needs it. Ask whoever made your key for one that has “{scope}”, then sign in again.`,theme:`Colours`,themeAuto:`System default`,themeLight:`Light`,themeDark:`Dark`,soundOn:`Sound on`,soundOff:`Sound off`,waiting:`Waiting`,mine:`Mine`,colleaguesHold:`With colleagues`,nobodyWaits:`Nobody is waiting.`,noneMine:`You have no open conversations.`,noneColleagues:`Your colleagues have none.`,present:`At the desk`,you:`{name} (you)`,holds:`{count} conversations`,holds_one:`1 conversation`,noTitle:`Conversation`,waitsFor:`waiting for`,waitsSince:`Waiting for {time}`,escalated:`Waiting too long`,uninvited:`Not handed over`,uninvitedMore:`Kefu did not hand this conversation over.`,chooseConversation:`Choose a conversation`,chooseConversationMore:`Those who have waited longest come first.`,endedConversations:`Ended`,noneEnded:`No conversations have been returned or closed recently.`,conversation:`Conversation`,conversationGone:`This conversation no longer exists.`,backToInbox:`Back to the inbox`,connectionLost:`The connection was lost; reconnecting. What you see may be out of date.`,messages:`Messages`,newMessages:`New messages`,showEarlier:`Show earlier messages ({n})`,customer:`Customer`,kefu:`Kefu`,handedOver:`Handed over`,stillWriting:`writing`,sources:`Sources`,openCard:`Open (in a new tab)`,ratedUp:`Rated helpful`,ratedDown:`Rated not helpful`,heldByMe:`Held by you`,heldBy:`Held by {agent}`,takeOver:`Take over`,takeOverFrom:`Take over from {agent}`,takeOverMore:`{agent} is answering this customer. If you take over, what they are writing can no longer be sent.`,takeBack:`Take over`,returnToKefu:`Return to Kefu`,passOn:`Pass on to a colleague`,closeConversation:`Close conversation`,closeMore:`Nobody can answer in a closed conversation, not even Kefu. The customer has to start a new one.`,closedMore:`This conversation is closed.`,returnUnanswered:`Return without a reply?`,returnUnansweredMore:`The customer is still waiting for a first reply, and Kefu had no answer to what they asked. If you return the conversation now, nobody answers it.`,withdrawn:`Shown to the customer, then withdrawn`,select:`Select`,selectDone:`Done`,selectAll:`All`,selectBy:`Select`,selectConversation:`Select “{title}”`,closeSelected:`Close {count} conversations`,closeSelected_one:`Close 1 conversation`,closeSelectedMore:`These customers will get no further answer, not even from Kefu, and will see that the conversation is closed. This cannot be undone.`,closingSelected:`{done} of {count} closed`,closedSelected:`{count} conversations closed.`,closedSelected_one:`1 conversation closed.`,skippedSelected:`{count} were taken over or closed by somebody else meanwhile and were left alone.`,skippedSelected_one:`1 was taken over or closed by somebody else meanwhile and was left alone.`,failAlreadyClaimed:`{agent} has taken this conversation over.`,claimLapsed:`The conversation is no longer yours: the customer waited too long, or it was given back.`,draftKept:`Your message was not sent; it is still below.`,reply:`Reply`,replyPlaceholder:`Write to the customer`,replyHint:`Ctrl + Enter to send`,claimToReply:`Take over the conversation to reply.`,characters:`{n} of {most} characters`,send:`Send`,aboutConversation:`About this conversation`,why:`Why a person was called`,outOfHours:`Outside business hours`,toldAlready:`Details given so far`,passagesTried:`Found, but not enough`,language:`Language`,user:`Customer ID`,begun:`Started`,customerKnown:`Customer`,customerSub:`ID at the shop`,verifiedByToken:`Verified by the shop's sign-in`,verifiedByEmail:`Verified by e-mail code`,verifiedBySecret:`Verified by a shared secret, which is weaker`,verifiedSomehow:`Verified`,claimed:`Says the page (not verified)`,claimedMore:`Nobody has verified this. Do not disclose personal data on the strength of it.`,suggestions:`Suggestions`,suggestionsFor:`For “{question}”`,insert:`Insert`,insertNamed:`Insert “{title}” into the reply`,nothingFound:`The knowledge base has nothing on this.`,curatedAnswer:`Curated answer`,reasonNothingRelevant:`Not in the knowledge base`,reasonCustomerAsked:`Asked for a person`,reasonSearchUnavailable:`Search unavailable`,reasonModelUnavailable:`No model available`,reasonEmptyAnswer:`The model gave no answer`,reasonUnsupportedAnswer:`Unsupported figures`,reasonOverloaded:`Too busy`,reasonLowSupport:`Answer poorly supported`,reasonRepeatedFailure:`Could not help several times`,reasonSensitive:`Sensitive topic`,reasonAbuse:`Abusive language`,reasonComplaint:`Complaint`,reasonOwnCase:`The customer's own order or account`,reasonActionFailed:`The company's system did not answer as it should`,reasonChangeNeedsPerson:`A change that a person has to make`,reasonChangeUnconfirmed:`Not known whether a change was made`,reasonProcedure:`A procedure calls a person`,reasonTriage:`A triage rule`,triageTitle:`How it was read`,triageOf:`Of “{message}”`,triagePressing:`The most urgent message`,triageIntent:`Wants`,triageUnknown:`not known`,triageUrgency:`Urgency`,triageMood:`Mood`,triageAbuse:`Abusive`,triageYes:`yes`,triagePriority:`Priority`,triageQueue:`Queue`,triageAllQueues:`All queues`,triageRisk:`Actions allowed`,triagePerson:`A person is needed`,triageRules:`From your rules`,triageSignals:`Possible signs of fraud, which may be innocent:`,triageWordsAlone:`Read by its words alone, so less certain.`,intentOrderStatus:`to know where an order is`,intentDeliveryProblem:`help with a delivery`,intentCancelOrder:`to cancel an order`,intentChangeOrder:`to change an order`,intentChangeAddress:`to send an order to another address`,intentChangeItems:`to change the items of an order`,intentChangePayment:`to pay an order another way`,intentOrderList:`to see their orders`,intentReturnRefund:`a return or a refund`,intentExchange:`an exchange`,intentPaymentProblem:`help with a payment`,intentInvoice:`an invoice`,intentProductQuestion:`to know something about a product`,intentWarrantyRepair:`a repair`,intentAccountAccess:`to get into their account`,intentAccountSecurity:`help with fraud`,intentComplaint:`to complain`,intentPraise:`to praise`,intentHumanRequest:`to talk to a person`,intentSmallTalk:`small talk`,intentAbuseOnly:`nothing but abuse`,intentSpam:`advertising`,intentOther:`something else`,intentRules:`to know one of the company's rules`,urgencyLow:`low`,urgencyNormal:`normal`,urgencyHigh:`high`,urgencyCritical:`critical`,moodCalm:`calm`,moodUnhappy:`unhappy`,moodAngry:`angry`,priorityLow:`low`,priorityNormal:`normal`,priorityHigh:`high`,priorityUrgent:`urgent`,riskRead:`look things up`,riskWrite:`change things, but no money`,riskMoney:`move money`,signalIdentityMismatch:`The page names a different email address than the verified one.`,signalManyReturns:`Conversations about returns within 30 days: {n}.`,signalManyIdentities:`Customers at this address within a day: {n}.`,signalManyMessages:`Messages within a minute: {n}.`,reasonUnknown:`No reason given`,sourceGenerated:`Generated`,sourceCurated:`Curated`,sourceCanned:`Fixed reply`,sourceExtractive:`Quoted`,sourceCached:`From the cache`,sourceClarifying:`Asked for clarification`,sourceRefused:`Refused topic`,sourcePerson:`A person`,sourceAction:`The company's system`,sourceUnknown:`No answer`,stateBot:`Kefu is answering`,stateWaiting:`Waiting for a person`,stateHuman:`A person is answering`,stateReturned:`Returned to Kefu`,stateClosed:`Closed`,sentimentNegative:`Upset`,sentimentNeutral:`Neutral`,sentimentPositive:`Pleased`,slotNumber:`Number`,slotDate:`Date`,slotAmount:`Amount`,slotCode:`Code`,slotPhone:`Phone`,slotEmail:`Email`,slotOther:`Other`,collection:`Collection`,newCollection:`New collection`,collectionId:`ID`,collectionIdHint:`a-z, 0-9 and “-”, starting with a letter`,displayName:`Name`,noCollections:`No collections yet`,noCollectionsMore:`Create one, then add documents to it.`,documents:`Documents`,document:`Document`,curatedAnswers:`Curated answers`,searchTest:`Search test`,needsAttention:`Needs attention`,searchDocuments:`Find by title, path or product`,writeDocument:`Write a document`,documentCount:`{count} documents`,documentCount_one:`1 document`,noDocuments:`No documents yet`,noDocumentsMore:`Drop files above. They can be searched within seconds.`,noDocumentsFound:`No documents match`,validity:`Valid`,always:`always`,validityEnded:`Expired`,validityEnding:`Expires soon`,validityComing:`Not yet valid`,validFrom:`Valid from`,validUntil:`Valid until`,passages:`Passages`,updated:`Updated`,audience:`For`,everyone:`Everyone`,staffOnly:`Staff only`,staffOnlyMore:`For staff only: never shown to customers`,showMore:`Show {n} more`,path:`Path`,pathHint:`Importing to the same path again replaces the document. Without a file extension it is saved as Markdown.`,address:`Address`,text:`Text`,markdownHint:`Markdown: # for headings, - for lists`,editNote:`Kefu keeps passages, not files: this text was put together from them. Saving replaces the document.`,editElsewhere:`To change it, edit the file and import it again to the same path.`,deleteDocument:`Delete this document?`,deleteDocumentMore:`Once deleted, “{title}” can no longer be found. This cannot be undone.`,upload:`Import`,chooseFiles:`Choose files`,orDrop:`or drop them here`,uploadHint:`PDF, Word, PowerPoint, Excel, HTML, Markdown, text, email, CSV or JSON of questions and answers, scans and pictures (PNG, JPEG, WebP, TIFF), ZIP; up to 64 MiB each`,uploadOptions:`For all files you add next`,uploads:`Files`,uploadBroken:`The import was interrupted; try this file again.`,progressOf:`Progress of {name}`,phaseQueued:`Queued`,phaseSending:`Reading…`,phaseEmbedding:`{done} of {count} passages`,phaseEmbedding_one:`{done} of 1 passage`,outcomeCreated:`Imported: {count} passages`,outcomeCreated_one:`Imported: 1 passage`,outcomeUpdated:`Updated: {count} passages`,outcomeUpdated_one:`Updated: 1 passage`,outcomeUnchanged:`Unchanged`,outcomeUnpacked:`Unpacked: {count} documents`,outcomeUnpacked_one:`Unpacked: 1 document`,outcomeDone:`Done`,searchCurated:`Find by question or answer`,newCurated:`New curated answer`,editCurated:`Edit curated answer`,answerCount:`{count} answers`,answerCount_one:`1 answer`,noCurated:`No curated answers yet`,noCuratedFound:`No curated answers match`,noCuratedMore:`A curated answer is given word for word when a customer asks one of its questions.`,narrowSearch:`There are more: narrow your search.`,priorityIs:`Priority {n}`,deleteCurated:`Delete this answer?`,deleteCuratedMore:`“{question}” will be answered from the documents again. This cannot be undone.`,questions:`Questions`,questionsHint:`Different ways to ask the same thing. The answer is given only to customers who ask exactly this.`,questionNumber:`Question {n}`,removeQuestion:`Remove question {n}`,addQuestion:`Add a question`,answer:`Answer`,takeReply:`Use the reply of a person`,recognised:`Detected automatically`,priority:`Priority`,testQuestion:`Question`,testQuestionHint:`Searched exactly as in live chat.`,asOf:`On this date`,asCustomer:`As a customer sees it`,searchTestMore:`See what a question finds, every signal behind it, and whether a curated answer would be given.`,results:`Results`,foundIn:`{count} passages in {time}; the question was taken as {language}`,foundIn_one:`1 passage in {time}; the question was taken as {language}`,thresholdTenant:`Passages with a relevance of {value} or more are shown to the model: your company’s setting.`,thresholdCollection:`Passages with a relevance of {value} or more are shown to the model: calibrated for this collection.`,thresholdUnknown:`This collection has not been calibrated yet; the installation’s threshold applies.`,tooNear:`The next documents are about as good ({apart} apart, {wanted} needed): a question like this is handed over.`,aboveThreshold:`Shown to the model`,belowThreshold:`Below the threshold`,relevance:`Relevance`,relevanceIs:`Relevance {value}`,relevanceMore:`how likely it is to answer the question; the hits are listed by it`,score:`Score`,scoreMore:`ranks passages within one search, cannot be compared across questions`,cosine:`Cosine`,rankIs:`rank {n}`,coverage:`Coverage`,coverageMore:`share of the question’s words, rare ones counting more`,headCosine:`Title cosine`,headCosineMore:`title and headings against the question`,headIsQuestion:`its heading is itself a question`,rerank:`Reranker`,rerankMore:`ranks the hits, where it ran`,otherLanguage:`Other language`,otherLanguageMore:`compared by translated words`,instructionsLeftOut:`Left out of answers from here on, because it seems to tell an assistant what to say: {text}`,samePassages:`The same text appears in {count} other places: {collections}`,samePassages_one:`The same text appears in 1 other place: {collections}`,curatedApplies:`This curated answer would be given`,curatedNot:`The closest curated answer would not be given`,nearestQuestion:`Its question`,needs:`{value} needed`,wordsOfAnswer:`Only in its question`,wordsOfQuery:`Only in yours`,curatedTooFar:`The two questions are not similar enough.`,curatedNotValid:`It is not valid on this date.`,curatedOtherLanguage:`It is in another language.`,curatedOtherNumber:`They name different numbers, dates, codes or models.`,curatedNegation:`One of them negates or reverses what the other asks.`,curatedOtherQuestion:`They ask for different things, such as when and how much.`,curatedOtherWords:`They differ in words that matter.`,curatedOtherOrder:`They name the same things in another order, such as from A to B.`,staleDocuments:`Expired, or expiring soon`,staleMore:`Expired documents are no longer found. Renew or delete them.`,noneStale:`Nothing expires within 30 days`,neverCited:`Never cited`,neverCitedMore:`No answer of the last {days} days is based on these; oldest first.`,neverCitedCut:`More than {n} documents were cited; some of these may be among them.`,noneIdle:`Every document has been cited`,andMore:`and {n} more`,span:`Period`,allKept:`Everything kept`,lastDays:`Last {count} days`,lastDays_one:`Last day`,today:`Today`,unansweredMore:`Questions that were handed over because there was no answer, or whose answer was rated down. Similar ones are grouped.`,allAnswered:`No unanswered questions`,allAnsweredMore:`Questions without an answer will be collected here.`,groupCount:`{questions} in {groups}`,questionCount:`{count} questions`,questionCount_one:`1 question`,groups:`{count} groups`,groups_one:`1 group`,examples:`Questions ({n})`,openConversation:`Open conversation`,writeAnswer:`Write the answer`,writeAnswerTo:`Write the answer to “{question}”`,makeCurated:`Save as a curated answer`,personReplied:`A person replied:`,dismiss:`Dismiss`,dismissNamed:`Dismiss “{question}”`,dismissed:`Removed from the list: {n}`,curatedMade:`Saved. From now on, whoever asks this gets your answer; the questions were removed from the list.`,writeNeedsScope:`Writing answers needs the scope “knowledge” and a collection.`,exportCsv:`Export CSV`,noNumbers:`No questions in this period`,noNumbersMore:`Figures are kept by the hour and outlive the conversations.`,questionsAsked:`Questions`,repliesByPeople:`{count} replies by people`,repliesByPeople_one:`1 reply by a person`,resolved:`Resolved`,resolvedMore:`of {outcomes} with an outcome: {confirmed} confirmed, {assumed} assumed`,withoutOutcome:`Small talk, questions back, actions`,confirmed:`Confirmed`,assumed:`Assumed`,reopened:`Reopened`,reopenedMore:`{n} asked again or rated down`,handedOverMore:`{n} to people`,satisfaction:`Satisfaction`,satisfactionMore:`of {count} ratings`,satisfactionMore_one:`of 1 rating`,firstText:`Time to first text`,wholeAnswer:`Time to full answer`,percentiles:`median; p95 {p95}, p99 {p99}`,notMeasured:`not measured`,withoutModel:`Without the model`,withoutModelMore:`{cached} cached, {curated} curated`,outcomeByDay:`Outcome of questions, by day`,outcomeByHour:`By hour of the day`,timesByDay:`Times by day (p95)`,ratingsByDay:`Ratings by day`,ratingsByHour:`Ratings by hour`,byReason:`Handed over, by reason`,bySource:`Answers, by source`,byLanguage:`Questions, by language`,topDocuments:`Most cited documents`,asTable:`As a table`,asChart:`As a chart`,chartAlt:`{name}: {sum} in total, at most {most} ({when})`,thisDesk:`This desk`,keyOf:`Key`,tenant:`Company`,role:`Role`,roleApp:`front end`,roleAgent:`agent`,roleLead:`lead`,roleAdmin:`administrator`,scopes:`Scopes`,version:`Version`,hoursAndTexts:`Hours and texts`,timeZone:`Time zone`,timeZoneHint:`Such as Asia/Shanghai. Leave empty to use the installation’s.`,escalateSeconds:`Waiting too long after (seconds)`,escalateHint:`From then on the conversation is marked and reported. 0: never. Leave empty to use the installation’s.`,claimSeconds:`A conversation goes back to the queue after (seconds)`,claimHint:`If whoever holds it does not write. 0: never. Leave empty for three times the seconds beside it.`,lapsesIn:`Back to the queue in {time}`,lapsed:`“{title}” went back to the queue because you did not write for too long.`,lapsedOpen:`Open it`,businessHours:`Business hours`,businessHoursHint:`One entry per line: “Mon-Fri 09:00-18:00”, “2026-12-25 closed”. Leave empty if you are always open.`,wrongZone:`There is no such time zone. Use a name such as Asia/Shanghai.`,wrongHours:`Not understood: “{line}”. Write “Mon-Fri 09:00-18:00”, “Sat 10:00-16:00” or “2026-12-25 closed”, one entry per line.`,wrongSeconds:`A whole number of seconds, up to 604,800 (a week).`,wrongText:`Up to 1,000 characters.`,textsIn:`Texts in {language}`,textGreeting:`Greeting`,textNothingRelevant:`Handed over: no answer`,textCustomerAsked:`Handed over: the customer asked`,textOutOfHours:`Outside business hours`,openingHint:`{opening} stands for when somebody will be back.`,installationsText:`The installation’s text`,identity:`Customers' sign-in`,identityMore:`A conversation shows who the customer is once your site has said so, or once an emailed code has proved it.`,trustChanged:`How customers prove who they are, or what is done for them without a person, was last changed on {when}, by {who}.`,identityMode:`Customers`,identityOff:`are not asked who they are`,identityOptional:`may sign in`,identityRequired:`must sign in; nobody else is answered`,emailCodes:`Codes may be sent by email`,identityProof:`Your site tells who its customers are`,noTokens:`No, it does not`,proofJwks:`With tokens whose public keys are at an address (JWKS)`,proofKey:`With tokens, and this is the public key`,proofSecret:`With tokens, signed with a shared secret`,sharedSecretWeak:`Whoever can verify such a token can make one. Use a key pair where your site can; agents see the difference.`,jwksUrl:`Address of the public keys`,jwksUrlHint:`https://. It is read again when a token names an unknown key.`,publicKey:`Public key (PEM)`,secretName:`Name of the secret`,secretNameHint:`The name of a secret already stored here, at least 32 characters long. The secret itself is never shown.`,issuer:`Issuer`,issuerHint:`“iss” of the tokens.`,tokenAudience:`Audience of tokens`,audienceHint:`“aud” of the tokens: it should name this chat and nothing else.`,wrongIdentity:`Please check this: {why}`,keptClaims:`Kept claims`,keptClaimsHint:`What else agents see, separated by commas; at most ten.`,webhooks:`Webhooks`,webhooksMore:`Other systems that are notified of what happens, by signed HTTP calls.`,addWebhook:`Add an address`,noWebhooks:`No other system is notified`,deliveries:`Deliveries`,deliveriesOf:`Deliveries to {url}`,noDeliveries:`Nothing has been sent in the last 7 days`,deleteWebhook:`Delete this address?`,deleteWebhookMore:`{url} will no longer be notified; pending deliveries are dropped.`,toldOf:`Events`,secret:`Signing secret`,secretMore:`Copy it now: it cannot be shown again.`,secretKept:`I have saved it`,redeliver:`Send again`,delivered:`Delivered`,givenUp:`Given up`,attempts:`Attempt {n}`,nextAttempt:`next at {time}`,eventHandoff:`Hand-overs`,eventTurn:`Messages`,eventRating:`Ratings`,eventEscalation:`Waiting too long`,auditLog:`Audit log`,auditMore:`Who did what, to what, and from where. Each entry holds the hash of the one before it, so that changes are detected.`,auditVerify:`Verify`,auditDownload:`Download JSON lines`,auditWho:`Who`,auditWhat:`What`,auditTarget:`To what`,auditFrom:`From`,auditOutcome:`Outcome`,auditFailed:`Failures only`,auditNothing:`No such entries`,auditEarlier:`Show earlier entries`,auditPeer:`{address} (connection)`,auditUnreadable:`Changed: cannot be read`,auditWhole:`The log is intact. Entries: {n}.`,auditHash:`Keep this hash of the last entry somewhere else: {hash}`,auditUnsealed:`The chain is intact, but one end of it was not sealed. Entries: {n}. {problem}`,auditBroken:`The log is broken at entry {n}. {problem}`,failScope:`Your key lacks the scope “{scope}”.`,failUnauthenticated:`Your key is no longer valid: sign in again.`,failSessionNotFound:`This conversation no longer exists.`,failSessionClosed:`This conversation is closed.`,failClaimLost:`The conversation is no longer yours.`,failCollectionNotFound:`This collection does not exist, or your key may not use it.`,failCollectionExists:`A collection with this ID already exists.`,failDocumentNotFound:`This document no longer exists.`,failCuratedNotFound:`This answer no longer exists.`,failUnavailable:`A service is not responding at the moment; try again.`,failUnimplemented:`This installation does not offer this.`,failNotDurable:`Data is not being saved to disk, so nothing was stored. Tell whoever runs Kefu.`,failStaleRevision:`Somebody else has changed this in the meantime: reload the page.`,failDraftNotFound:`This draft is no longer open.`,failDraftOutdated:`What is live has changed since the draft was made: bring it up to date first.`,failDraftHeld:`The draft's check has failed, or has not ended.`,failOpenDrafts:`Too many drafts of this knowledge base are open: promote or discard one of them.`,failKnowledgeMoved:`The knowledge base was changed at the same moment; try again.`,failVersionNotFound:`This version is no longer kept.`,failRevisionNotFound:`This revision is no longer kept.`,failSourceNotFound:`This source no longer exists.`,failSyncNotFound:`This run is no longer kept.`,failSyncNotHeld:`This run is no longer waiting for a decision; look at the source's runs again.`,failOverloaded:`The service is very busy at the moment; try again shortly.`,failStorageFull:`Storage is full: new conversations and imports are refused for now. Tell whoever runs Kefu.`,failEmptyDocument:`It contains no text.`,failNotText:`It is not readable text.`,failNoTextLayer:`It is a scan or a picture, and text recognition is off or not installed here. Ask whoever runs Kefu, or run it (OCR) on the file first.`,failBadEncoding:`Its characters cannot be read: save it as UTF-8.`,failBadTable:`It is not a table of questions and answers: the columns “question” and “answer” are needed.`,failBadFrontMatter:`The lines between “---” at the top cannot be read.`,failBadPath:`Its name points outside the archive.`,failBrokenFile:`The file is damaged: open it in the program it was made with and save it again.`,failPassword:`It is protected by a password: save a copy without one.`,failTooLarge:`It is too large: at most 64 MiB.`,failTooSlow:`Reading it took too long: split it up.`,failUnsupported:`This type of file cannot be read.`},Fr={conversationsTitle:`全部会话`,conversationsMore:`Kefu 说过的一切，包括它独自回答的会话。保存时间与会话相同。`,findWords:`问题或回答中的词`,filterSource:`回答来源`,filterRating:`评价`,filterReason:`转人工`,filterSince:`提问时间`,whichever:`不限`,handedOverAny:`任何原因`,unrated:`未评价`,filterChecked:`被检查拦下或替换`,filterLowSupport:`依据不足`,filterReopened:`再次提问`,filterAction:`由操作回答`,noConversations:`没有符合全部条件的会话`,noConversationsMore:`请减少条件，或放宽时间。`,lookedAt:`已查看会话：{n}`,lookFurther:`继续查找`,moreTurns:`其中还有符合的消息：{n}`,allConversations:`全部会话`,openInInbox:`在收件箱中打开`,conversationOf:`{time} 的会话`,markReplaced:`已替换`,markChecked:`被拦下`,markLowSupport:`依据 {value}`,markReopened:`再次提问`,markAction:`由 {action}`,whyAsk:`为什么？`,whyOf:`为什么？“{question}”`,whyDecision:`决定`,whyProfile:`回答方式`,profileEvidence:`页面原文`,profileChoice:`页面原文，由模型挑选`,profileFull:`模型撰写，数字和编号经过核对`,profileVerified:`模型撰写，每句话都复核过`,profileUnchecked:`引擎原样输出`,whyModel:`模型`,whyTimes:`用时`,whyBrownOut:`高负载`,whyLevel:`第 {n} 级`,timeQueue:`等待 {time}`,timeSearch:`检索 {time}`,timeFirst:`首字 {time}`,timeTotal:`总共 {time}`,timeModel:`模型 {time}`,whyFound:`找到的内容`,whyQuery:`检索词`,whyReadAs:`理解为`,whyHistory:`与上一个问题一起理解`,whyRelevance:`相关度`,whyNeeded:`要求`,whyNothing:`没有检索：消息本身已能决定。`,whyNothingFound:`没有找到内容。`,whyTooClose:`最好的几份文档不相上下（相差 {apart}，要求 {wanted}）。`,whyInstructs:`它在指使助手说话：其中的词不算依据。`,whyCurated:`最接近的标准答案`,whyCuratedApplies:`适用`,whyCuratedNot:`不适用：{reason}`,whyCosine:`余弦 {value}，要求 {wanted}`,whyEvidence:`依据`,whyBears:`很可能是答案：{value}`,whyBearsNot:`不太可能是答案：{value}`,whyChosen:`已选`,whyNotChosen:`未选`,whyComputed:`计算：{text}`,whyChecks:`检查结果`,whyPassed:`每句话都通过了。`,whyFailed:`未通过“{check}”`,whyLiteral:`依据中没有：{literal}`,whyInstead:`改说或补充：{what}`,whyContinued:`中断的副本：{n}`,whyActions:`可能想要的操作`,whyRead:`从消息中读出`,correct:`更正这个回答`,correctCurated:`写标准答案`,correctDocument:`修改文档`,saidFiles:`仅有文件，没有文字`,correctGolden:`设为标准问题`,wouldHit:`本可以回答`,wouldHitNone:`最近没有这样的提问。已查看会话：{n}`,wouldHitCheck:`它会回答哪些提问？`,wouldHitTimes:`{n} 次`,review:`复核`,reviewMore:`每天抽取一部分回答由人判断。由此推得的全部回答的情况及其区间见下方。`,reviewDay:`日期（UTC）`,reviewKeys:`按键：1 正确，2 一半，3 错误，4 有害；J、K 为下一个、上一个`,noSample:`这一天没有需要复核的回答`,noSampleMore:`请选择另一天。会话的保存时间有限。`,sampleOpen:`这一天还没有结束，样本仍会变化。`,verdictRight:`正确`,verdictHalf:`一半`,verdictWrong:`错误`,verdictUnsafe:`有害`,verdictNone:`未判断`,judgedBy:`{verdict}，由 {name}`,takeVerdictBack:`撤回`,reviewNote:`备注`,reviewNoteHint:`可不填，与判断一起保存，随会话删除。`,answerGone:`会话已不存在。`,stratumReplaced:`已替换`,stratumLowSupport:`依据不足`,stratumReopened:`再次提问`,stratumLong:`长会话`,stratumOrdinary:`随机抽取`,stratum:`分层`,answersOf:`回答`,drawnOf:`抽取`,numbersOfReviews:`复核结果`,numbersOfReviewsMore:`最近 7 天；已判断 {judged}，共 {answers}`,noReviews:`最近 7 天没有判断。`,resolvedByReview:`复核得出的解决率`,resolvedByReviewMore:`{low} 至 {high}，已判断：{n}`,resolvedByReviewNone:`尚无判断`,shareInterval:`{share}（{low} 至 {high}）`,ofAllQuestions:`解决，占全部提问`,ofAllAnswersRight:`正确，占全部回答`},Ir={experiments:`实验`,experimentsMore:`一部分新会话用草稿来回答，再与其余会话的结果比较。`,noExperiments:`还没有做过实验。`,experimentRuns:`进行中`,experimentStopped:`已停止`,experimentPromoted:`草稿已上线`,experimentPlanned:`已计满`,experimentDraftGone:`草稿已不存在`,experimentSince:`自 {time} 起，{share} 的新会话`,experimentBetter:`用草稿解决得更多。`,experimentWorse:`用草稿解决得更少。`,experimentUndecided:`尚未看出差别。`,experimentTest:`草稿与线上解决率之差：{difference}（{low} 至 {high}）。不论查看多少次，没有差别的实验中最多有 {rate} 会误报差别。`,experimentCounted:`已计入 {n} 个会话，计划 {most} 个。半小时没有新消息的会话才计入。`,armDraft:`草稿`,armLive:`线上`,armWhat:`结果`,armConversations:`会话`,armResolved:`已解决`,armHandedOver:`转人工`,armRatedDown:`差评`,armFirstText:`首字时间（95% 不超过）`,armShare:`{share}（{low} 至 {high}）`,experimentFellBack:`草稿组有 {n} 条消息因草稿不可用而按线上内容回答。`,experimentLeftOut:`未计入：同一客户的后续会话 {repeated} 个，没有提问的会话 {without} 个。`,experimentStart:`开始实验`,experimentDraft:`草稿`,experimentDraftHint:`例如 collections/help/drafts/…`,experimentNoDrafts:`没有打开的草稿。实验需要一个草稿。`,experimentShare:`新会话的比例（%）`,experimentShareHint:`1 到 50。已经开始的会话不受影响。`,experimentMost:`计满多少个会话后结束`,experimentTitle:`标题`,experimentStop:`停止`,experimentStopMore:`草稿组的会话将改按线上内容继续。尚未结束的会话不计入。`,experimentPromote:`草稿上线`,experimentPromoteMore:`{draft} 将对所有人生效，实验随之结束。草稿被搁置时不能上线。`,experimentEarlier:`以前的实验`,failExperimentRuns:`已有实验在进行，请先停止它。`,failExperimentNotFound:`此实验已不存在。`},Lr={golden:`标准问题`,goldenMore:`答案必须一直正确的问题。可随时提问；每个要求检查的知识草稿、每天夜里也会自动提问。`,goldenRuns:`运行记录`,newGolden:`新建问题`,noGolden:`还没有标准问题`,noGoldenMore:`可从一条回答生成、自行编写，或导入 questions.jsonl。`,goldenLost:`上次运行丢失的答案`,runGolden:`全部提问`,runThis:`只问这一个`,stopRun:`停止运行？`,stopRunMore:`离开此页会停止运行，尚未提问的问题不再提问。`,stopAndLeave:`停止并离开`,asking:`正在提问：{judged} / {questions}`,goldenNotAsked:`尚未提问`,onlyRed:`只看红色的`,verdict:`判定`,goldenVerdictRight:`正确`,goldenVerdictHalf:`一半`,goldenVerdictWrong:`错误`,verdictRefused:`未回答`,verdictAskedBack:`反问`,goldenVerdictNone:`未提问`,change:`变化`,changeLost:`丢失`,changeGained:`修复`,changeStillWrong:`仍不对`,changeStillRight:`仍正确`,changeNone:`没有可比的答案`,whyVerdict:`原因`,answerNow:`现在`,answerBefore:`之前`,answerDraft:`草稿`,answerLive:`线上`,noAnswerBefore:`之前没有答案。`,nothingSaid:`没有回答内容。`,answerForgotten:`内容已不再保留。`,askedTwice:`问了两次`,bothAnswers:`并排查看两个答案`,goldenFoundIn:`来源：{titles}`,calledPerson:`会转人工：{reason}`,runOf:`{time} 的运行`,backToRuns:`全部运行`,noRuns:`还没有运行过`,runOver:`对象`,overLive:`线上`,runTrigger:`发起方`,triggerDraft:`草稿检查`,triggerNight:`每夜`,runRunning:`进行中`,runFinished:`已完成`,runStopped:`提前结束`,runSummary:`{questions} 个中 {right} 个正确。丢失 {lost}，修复 {gained}，仍不对 {wrong}，未提问 {none}。`,lostCount:`丢失`,gainedCount:`修复`,rightCount:`正确`,showStillRight:`显示仍正确的：{n}`,nothingChanged:`没有答案丢失或修复。`,goldenQuestion:`问题`,goldenQuestionHint:`按客户的问法来写。内容会保存，请勿包含个人信息。`,goldenBefore:`之前的消息`,goldenBeforeHint:`同一会话里客户先前写的话，每行一条，最早的在前。`,goldenMust:`必须说到`,goldenMustHint:`每行一项；同义的说法之间用 | 隔开：7 天 | 七天`,goldenMustNot:`不得说到`,goldenMustNotHint:`每行一项：说了就算错的内容。`,goldenPolarity:`是或否`,goldenPolarityHint:`所问的事情是否成立，与问法无关。`,polarityNone:`不是这类问题`,polarityYes:`是，成立`,polarityNo:`否，不成立`,goldenPerson:`人工`,personNo:`无需转人工：知识库里有答案`,personAllowed:`可以转人工`,personRequired:`必须转人工`,goldenNote:`一句话说明正确答案`,goldenCollections:`提问范围`,goldenAllCollections:`全部知识库`,goldenAnsweredThen:`当时 Kefu 的回答`,goldenFromTurn:`由一条回答生成。请检查后保存。`,goldenNeedsMust:`请写明必须或不得说到的内容、是或否，或必须转人工：否则任何回答都算正确。`,goldenSaved:`已保存，从下次运行起计入。`,goldenDeleteMore:`“{text}”将不再提问。`,importGolden:`导入`,exportGolden:`导出`,importGoldenMore:`questions.jsonl：每行一个 JSON 对象，格式见 docs/guides/evaluation.md。同名的会被替换。`,chooseFile:`文件`,importedGolden:`已保存 {count} 个问题。`,importedGolden_one:`已保存 1 个问题。`,importRefused:`没有保存任何问题。请更正以下各行：`,lineWrong:`第 {n} 行：{text}。`,makeGolden:`存为标准问题`,makeGoldenOf:`存为标准问题：“{question}”`,failGoldenNotFound:`此标准问题已不存在。`,failGoldenRunNotFound:`此运行已不再保留。`,eventGolden:`标准问题的答案丢失`},Rr={sourcesTab:`来源`,sourcesMore:`Kefu 自动读取的网站、订阅源和其他系统。读取失败时继续使用最后一份好的内容。`,newSource:`新建来源`,noSources:`还没有来源`,noSourcesMore:`来源让这个知识库与网站、代码库或其他系统保持一致。`,sourceOf:`来源`,sourceDocuments:`文档`,sourceNext:`下次运行`,sourceLast:`上次运行`,sourceWhenAsked:`要求时`,sourcePaused:`已暂停`,sourceNever:`还没有运行过`,sourceRun:`立即运行`,sourceRuns:`{name} 的运行`,sourceRunsButton:`运行记录`,sourceEdit:`编辑`,sourceDelete:`删除`,sourceDeleteTitle:`删除 {name}？`,sourceDeleteMore:`它的运行记录会被删除。文档保留，除非选择一并删除。`,sourceDeleteDocuments:`一并删除它的文档`,sourceHeldNotice:`{name} 的一次运行被暂缓：{reason} 没有改变任何内容。`,sourceReview:`查看`,sourceApprove:`批准`,sourceDismiss:`驳回`,sourceCompare:`差异`,sourceDifference:`{address} 将发生的变化`,sourceToken:`调用（POST）这个地址即可让来源运行。它不会再次显示：`,syncQueued:`等待中`,syncRunning:`运行中：已读取 {seen} 个文档，已导入或删除 {applied}/{total}`,syncDone:`已应用`,syncHeld:`已暂缓`,syncFailed:`失败`,syncDismissed:`已驳回`,syncSuperseded:`已被之后的运行取代`,syncBegan:`开始时间`,syncOutcomeAdded:`新增`,syncOutcomeChanged:`变更`,syncOutcomeMoved:`移动`,syncOutcomeGone:`删除`,syncOutcomeFailed:`失败`,syncOutcomeMissing:`缺失`,syncOutcomeForbidden:`禁止`,syncOutcomeUnchanged:`未变`,syncOutcomeWhy:`原因`,syncOutcomeAddress:`地址`,syncOutcomeMovedFrom:`原为 {address}`,sourceKind:`种类`,kindSitemap:`站点地图`,kindCrawl:`网站（沿链接）`,kindGit:`Git 代码库`,kindFeed:`订阅源（RSS、Atom）`,kindFolder:`服务器上的文件夹`,kindS3:`S3 存储桶`,kindRest:`其他系统（按配方）`,sourceName:`标识`,sourceNameHint:`a-z、0-9 和“-”，以字母开头，例如 help-centre。之后不能更改。`,sourceAddress:`地址`,sourcePath:`文件夹路径`,sourcePrefix:`地址开头`,sourceFolder:`其中的文件夹`,sourceBucket:`存储桶`,sourceRecipe:`配方`,sourceSettings:`设置，每行一个`,sourceSettingsHint:`例如 {example}`,sourceEvery:`每隔多少小时运行`,sourceEveryHint:`留空：只在要求时运行。`,sourceSecret:`密钥`,sourceSecretHint:`名称以 source- 开头。密钥与操作放在一起管理。`,sourceStaff:`文档仅供员工查看`,sourcePause:`不自动运行`,sourceUnchecked:`更改不经标准问题检查，直接上线`},zr={ocr:`文字识别`,ocrPages:`第 {pages} 页`,ocrPages_one:`第 {pages} 页`,ocrPictures:`{count} 张图片`,ocrPictures_one:`{count} 张图片`,ocrAnd:`和`,ocrRead:`{what}由 OCR 识别，把握 {percent}%`,ocrDoubtful:`请与原件核对：第 {pages} 页`,phaseReading:`正在读取第 {read}/{count} 页`,phaseReading_one:`正在读取第 {read}/{count} 页`},Br={drafts:`草稿`,draftsMore:`草稿是该知识库的副本。可以修改、试用，确认无误后再发布：发布之前客户看不到任何改动。`,newDraft:`新建草稿`,draftTitle:`用途`,noDrafts:`没有打开的草稿`,noDraftsMore:`新建草稿后，可以修改文档和标准答案而不影响客户。`,closedDrafts:`已结束的草稿`,versionsHead:`版本`,versionsMore:`客户现在依据哪个版本得到回答，以及之前依据哪些版本。回退立即生效。`,versionOriginal:`知识库的最初版本`,liveNow:`生效中`,liveUntil:`生效至 {time}`,rollBack:`回退`,rollBackNamed:`回退：“{title}”`,rollBackMore:`客户立即依据该版本得到回答。当前版本会保留。`,rolledBack:`“{title}”已生效。`,draftState:`状态`,draftOpen:`打开`,draftChecking:`检查中`,draftHeld:`已拦下`,draftPromoted:`已发布`,draftDiscarded:`已放弃`,draftOutdated:`生效版本已有改动`,draftOutdatedMore:`建立草稿之后，生效版本已有改动。请先合入这些改动再发布。`,draftChanges:`改动`,draftCounts:`新增 {added}，修改 {changed}，删除 {deleted}`,draftNoChanges:`还没有改动`,draftNoChangesMore:`在此添加文档，或用 kefu import --draft {id} 导入。`,draftMade:`创建时间`,allDrafts:`全部草稿`,addToDraft:`添加或替换文档`,addedToDraft:`草稿中已有 {count} 篇文档。`,addedToDraft_one:`草稿中已有 1 篇文档。`,refreshDraft:`合入生效版本的改动`,refreshedDraft:`已合入 {taken} 处改动；{conflicts} 处冲突保留草稿的内容。`,promoteDraft:`发布`,promoteDraftTitle:`用此草稿回答客户？`,promoteDraftMore:`一秒内在所有副本上生效。之前的版本会保留，可以回退。`,promotedDraft:`已生效。`,discardDraft:`放弃`,discardDraftTitle:`放弃此草稿？`,discardDraftMore:`其中的改动将全部丢失，无法撤销。`,draftHeldMore:`上次检查：{passed} 个通过，{failed} 个未通过。请修正草稿，或说明理由后发布。`,draftCheckedMore:`上次检查：{passed} 个通过，{failed} 个未通过。`,draftCheckOld:`此后草稿又有改动。`,draftLost:`将会答错的问题`,promoteUnchecked:`检查结束前就要发布的理由`,promoteAlthough:`检查未通过仍要发布的理由`,changeAdded:`新增`,changeChanged:`修改`,changeDeleted:`删除`,changeConflict:`生效版本也改过`,changeWhat:`改动`,changeDictionary:`词语与同义词`,showChange:`查看改动`,showChangeNamed:`查看 {name} 的改动`,changeOf:`{name} 的改动`,tryDraft:`试问一个问题`,tryDraftMore:`同一个检索，分别在生效版本和草稿上进行。`,tryLive:`生效版本`,tryDraftSide:`此草稿`,history:`历史`,historyMore:`谁在何时改过这篇文档。最多保留 20 个修订。`,historyDeleted:`已删除`,historyFromDraft:`随草稿发布`,historyFromVersion:`切换了版本`,historyRestored:`恢复自修订 {n}`,historyUnknown:`未知`,keepHistory:`保留历史 30 天，以便恢复`},Vr={procedures:`流程`,proceduresMore:`一步一步写明怎样服务客户。保存后几秒内，Kefu 即按流程办理。`,newProcedure:`新建流程`,noProcedures:`还没有流程`,noProceduresMore:`流程写明何时询问什么、查询什么、回复什么、办理什么。`,procedure:`流程`,revision:`版本`,revisionIs:`版本 {n}`,changed:`修改时间`,stateOf:`状态`,inForce:`正常`,notStored:`尚未保存`,unsaved:`有未保存的修改`,errorCount:`{count} 个错误`,errorCount_one:`1 个错误`,warningCount:`{count} 个提醒`,warningCount_one:`1 个提醒`,procedureName:`名称`,procedureNameHint:`由 a-z、0-9 和“-”组成，以字母开头，例如 cancel-order。之后不能更改。`,procedureExists:`已有同名流程：请打开它，或换一个名称。`,mainAction:`要办理的操作`,mainActionHint:`流程从这个操作开始。暂不选择时，请把“{placeholder}”换成操作的名称。`,actionLater:`稍后填写`,page:`正文`,revisions:`版本记录`,simulation:`模拟`,backToProcedures:`全部流程`,pageHint:`Markdown，分为“何时”“步骤”“禁止”“说明”几节。按 Ctrl + S 保存。`,cursorLine:`第 {n} 行，共 {lines} 行`,findings:`检查结果`,checking:`检查中…`,noFindings:`没有发现问题。`,findingsAre:`{errors}，{warnings}`,lineError:`第 {n} 行，错误：`,lineWarning:`第 {n} 行，提醒：`,lineIs:`第 {n} 行`,goToLine:`跳到第 {n} 行`,flow:`步骤图`,flowMore:`Kefu 所理解的步骤。`,noSteps:`还没有可以理解的步骤`,kindAsk:`询问`,kindLookUp:`查询`,kindIf:`如果`,kindOtherwise:`否则`,kindSay:`回复`,kindDo:`办理`,kindHandOver:`转人工`,kindEnd:`结束`,kindUnknown:`步骤`,procedureSaved:`已保存为版本 {n}。`,mendFirst:`没有保存：有错误的流程不能保存。光标已移到第一个错误处。`,procedureStale:`没有保存：其他人已保存了新的版本。您的内容仍在这里。`,procedureGone:`其他人已删除此流程。您的内容仍在这里，保存后会重新创建该流程。`,compareStale:`与新版本比较`,compareStaleTitle:`已保存的版本与您的内容`,compareStaleMore:`“−”是已保存版本的行，“+”是您的行。如果保留您的内容并保存，它会替换已保存的版本，原版本仍保留在版本记录里。`,keepMine:`保留我的内容`,takeStored:`采用已保存的版本`,discard:`放弃修改`,discardMore:`版本 {n} 之后的修改将丢失。`,discardNew:`此流程尚未保存，全部内容将丢失。`,deleteProcedure:`删除此流程？`,deleteProcedureMore:`“{title}”及其全部版本将被删除，Kefu 不再按它办理，且无法恢复。`,revisionsMore:`最近 50 个版本，最新的在前。`,noRevisions:`还没有版本：尚未保存过。`,current:`当前版本`,fromRevision:`原版本`,toRevision:`新版本`,whatChanged:`查看修改`,whatChangedIn:`查看修改：版本 {n}`,restore:`恢复`,restoreNamed:`恢复版本 {n}`,restoreTitle:`恢复版本 {n}？`,restoreMore:`该版本的内容会保存为新的版本，当前版本仍保留在记录里。`,restoreUnsaved:`您未保存的修改将丢失。`,restored:`已恢复为版本 {n}。`,difference:`差异`,differenceBetween:`版本 {from} 与版本 {to} 的差异`,sameText:`两者相同。`,lineAdded:`新增：`,lineRemoved:`删除：`,linesSame:`{count} 行未变`,linesSame_one:`1 行未变`,linesChanged:`新增 {added} 行，删除 {removed} 行`,oldLine:`原行号`,newLine:`新行号`,simulationMore:`由虚构的客户走一遍编辑框里的流程，覆盖各个条件所区分的情况。不会查询或更改任何系统。`,simulate:`开始模拟`,simulating:`客户正在与 Kefu 对话…`,simulated:`共 {count} 个对话`,simulated_one:`共 1 个对话`,simulatedWrong:`{conversations}，出现问题的有 {wrong} 个`,simulatedGood:`{conversations}，都没有问题。`,unreached:`没有客户走到的步骤`,allReached:`每个步骤都有客户走到。`,conversations:`对话`,wentWrong:`有问题`,wentWell:`正常`,outcome:`结果`,outcomeChanged:`办理了更改`,outcomeAnswered:`已答复`,outcomePerson:`转人工`,outcomeAsked:`Kefu 仍在询问`,changesMade:`更改（并未真正执行）`,offered:`可选项`,actions:`操作`,actionsMore:`Kefu 能在您的系统里查询和办理的事。由管理员用 kefu actions 编写。`,noActions:`还没有操作`,noActionsMore:`管理员可以在命令行添加：kefu actions put FILE。`,action:`操作`,risk:`作用`,actionReads:`查询`,actionWrites:`更改数据`,actionMovesMoney:`涉及款项`,calls:`调用`,inputs:`输入`,fromCustomer:`{name}（来自已登录的客户）`,askedBy:`触发`,intentsAre:`意图：{intents}`,exampleCount:`{count} 条示例消息`,exampleCount_one:`1 条示例消息`,byOthersOnly:`仅供其他操作使用`,signedInOnly:`仅限已登录的客户`,asJson:`JSON 内容`,tryAction:`试用`,tryActionMore:`以该客户的身份调用系统，不会更改任何数据：会更改数据的操作只调用预览。`,customerSubject:`客户（sub）`,tryLanguage:`语言`,trying:`调用中…`,tryStatus:`HTTP 状态`,tryAnswer:`回复内容`,tryResult:`用到的结果`,sayNothing:`（无）`,secrets:`系统密钥`,secretsMore:`操作以 {secret:NAME} 引用。只能写入和替换，不会显示。`,noSecrets:`还没有系统密钥`,addSecret:`存储系统密钥`,secretId:`名称`,secretIdHint:`由 a-z、0-9 和“-”组成，以字母开头。同名的会被替换。`,secretValue:`值`,secretValueHint:`只能是一行。多行内容（例如 PEM 格式的密钥）请用 kefu secrets put 写入。`,secretStored:`已存储“{name}”。`,deleteSecret:`删除此系统密钥？`,deleteSecretMore:`使用“{name}”的功能将失败，且无法恢复。`,failProcedureNotFound:`此流程或版本已不存在。`,failActionNotFound:`此操作已不存在。`,failSecretNotFound:`此系统密钥已不存在。`},Hr={...Lr,...Fr,...Rr,...Vr,...Ir,...zr,...Br,deskTitle:`Kefu 客服台`,deskOf:`{title} 客服台`,sections:`栏目`,skip:`跳到正文`,loading:`加载中…`,retry:`重试`,close:`关闭`,cancel:`取消`,create:`创建`,save:`保存`,saving:`保存中…`,saved:`已保存，几秒内生效。`,edit:`编辑`,editNamed:`编辑“{title}”`,delete:`删除`,deleteNamed:`删除“{title}”`,search:`搜索`,none:`暂无`,count:`数量`,share:`占比`,time:`时间`,seconds:`{n} 秒`,minutes:`{n} 分钟`,hours:`{n} 小时`,hoursMinutes:`{n} 小时 {m} 分钟`,days:`{n} 天`,languageUnknown:`未知`,inbox:`收件箱`,unanswered:`未解答`,knowledge:`知识库`,numbers:`数据`,settings:`设置`,wantYou:`个会话待您处理`,callsFor:`待您处理：{n}`,signIn:`登录`,signInMore:`供接待客户和维护知识库的同事使用。`,signInCompany:`用公司账号登录`,signOut:`退出`,key:`密钥`,keyHint:`需要角色为 agent（收件箱）、lead（另含知识库、流程、数据和设置）或 admin 的密钥。密钥只保存在本标签页。`,yourName:`您怎么称呼？`,yourNameMore:`同事会看到，您回复时客户也会看到。`,name:`姓名`,goOn:`继续`,changeName:`更改姓名`,troubleRefused:`密钥无效：可能已被吊销，或没有复制完整。`,troubleStranger:`此密钥不能使用客服台：它没有 agent、lead 或 admin 角色。请向管理员索取新的密钥。`,troubleUnreachable:`无法连接服务器，请检查网络后重试。`,troubleProvider:`公司账号登录未成功，请重试或使用密钥。`,troubleAccountRefused:`公司账号已登录，但所得令牌不适用于本客服台或已失效，请联系系统管理员。`,troubleAccountStranger:`您的公司账号在本客服台没有角色。请联系账号管理员，或改用其他账号登录。`,troubleAccountEnded:`登录已到期，请重新登录；草稿仍会保留。`,noScope:`您的密钥没有 {scope} 权限`,noScopeMore:`此页面需要该权限。请向管理员索取带有 {scope} 权限的密钥后重新登录。`,theme:`配色`,themeAuto:`跟随系统`,themeLight:`浅色`,themeDark:`深色`,soundOn:`提示音已开`,soundOff:`提示音已关`,waiting:`等待中`,mine:`我的会话`,colleaguesHold:`同事的会话`,nobodyWaits:`没有等待的客户。`,noneMine:`您没有正在接待的会话。`,noneColleagues:`同事没有正在接待的会话。`,present:`在线同事`,you:`{name}（您）`,holds:`接待中 {count}`,holds_one:`接待中 {count}`,noTitle:`会话`,waitsFor:`已等待`,waitsSince:`已等待 {time}`,escalated:`等待过久`,uninvited:`未转人工`,uninvitedMore:`此会话没有转人工。`,chooseConversation:`请选择一个会话`,chooseConversationMore:`等待最久的排在最前。`,endedConversations:`已结束`,noneEnded:`最近没有交还或结束的会话。`,conversation:`会话`,conversationGone:`此会话已不存在。`,backToInbox:`返回收件箱`,connectionLost:`连接已断开，正在重连。显示的内容可能不是最新的。`,messages:`消息`,newMessages:`有新消息`,showEarlier:`显示更早的消息（{n}）`,customer:`客户`,kefu:`Kefu`,handedOver:`转人工`,stillWriting:`正在回答`,sources:`来源`,openCard:`打开（在新标签页中）`,ratedUp:`评价：有帮助`,ratedDown:`评价：没帮助`,heldByMe:`由您接待`,heldBy:`{agent} 接待中`,takeOver:`接管`,takeOverFrom:`从 {agent} 接管`,takeOverMore:`{agent} 正在接待这位客户。接管后，对方正在写的回复将无法发送。`,takeBack:`接管`,returnToKefu:`交还 Kefu`,passOn:`转给同事`,closeConversation:`结束会话`,closeMore:`会话结束后，人工和 Kefu 都无法再回复，客户需要重新发起会话。`,closedMore:`会话已结束。`,returnUnanswered:`尚未回复，仍要交还？`,returnUnansweredMore:`客户还在等待第一条回复，而 Kefu 此前没能回答这个问题。现在交还，就没有人回答客户了。`,withdrawn:`曾展示给客户，已撤回`,select:`选择`,selectDone:`完成`,selectAll:`全部`,selectBy:`选择范围`,selectConversation:`选择“{title}”`,closeSelected:`结束 {count} 个会话`,closeSelected_one:`结束 1 个会话`,closeSelectedMore:`这些客户将不再得到人工或 Kefu 的回复，并会看到对话已结束。此操作无法撤销。`,closingSelected:`已结束 {done}/{count}`,closedSelected:`已结束 {count} 个会话。`,closedSelected_one:`已结束 1 个会话。`,skippedSelected:`其中 {count} 个已被他人接管或结束，未作改动。`,skippedSelected_one:`其中 1 个已被他人接管或结束，未作改动。`,failAlreadyClaimed:`{agent} 已接管此会话。`,claimLapsed:`此会话已不归您：等待过久或已被交还。`,draftKept:`您写的内容没有发出，仍保留在下方。`,reply:`回复`,replyPlaceholder:`回复客户`,replyHint:`按 Ctrl + Enter 发送`,claimToReply:`接管会话后即可回复。`,characters:`{n}/{most} 字`,send:`发送`,aboutConversation:`会话信息`,why:`转人工原因`,outOfHours:`非工作时间`,toldAlready:`客户已提供`,passagesTried:`查到但不足以作答`,language:`语言`,user:`客户标识`,begun:`开始时间`,customerKnown:`客户`,customerSub:`商城客户编号`,verifiedByToken:`已通过商城登录验证`,verifiedByEmail:`已通过邮箱验证码验证`,verifiedBySecret:`已通过共享密钥验证（可靠性较低）`,verifiedSomehow:`已验证`,claimed:`页面所述（未验证）`,claimedMore:`此信息未经核实，请勿据此透露个人信息。`,suggestions:`建议回复`,suggestionsFor:`针对“{question}”`,insert:`插入`,insertNamed:`将“{title}”插入回复`,nothingFound:`知识库中没有相关内容。`,curatedAnswer:`标准答案`,reasonNothingRelevant:`知识库没有答案`,reasonCustomerAsked:`客户要求人工`,reasonSearchUnavailable:`检索不可用`,reasonModelUnavailable:`模型不可用`,reasonEmptyAnswer:`模型没有回答`,reasonUnsupportedAnswer:`答案数据无依据`,reasonOverloaded:`系统繁忙`,reasonLowSupport:`答案依据不足`,reasonRepeatedFailure:`多次未能解决`,reasonSensitive:`敏感话题`,reasonAbuse:`言语辱骂`,reasonComplaint:`投诉`,reasonOwnCase:`客户自己的订单或账户`,reasonActionFailed:`业务系统没有正常应答`,reasonChangeNeedsPerson:`须由人工办理的变更`,reasonChangeUnconfirmed:`无法确认变更是否成功`,reasonProcedure:`按流程转人工`,reasonTriage:`分诊规则`,triageTitle:`消息分诊`,triageOf:`出自“{message}”`,triagePressing:`最紧要的消息`,triageIntent:`意图`,triageUnknown:`未知`,triageUrgency:`紧急程度`,triageMood:`情绪`,triageAbuse:`辱骂`,triageYes:`是`,triagePriority:`优先级`,triageQueue:`队列`,triageAllQueues:`全部队列`,triageRisk:`操作上限`,triagePerson:`需要人工`,triageRules:`依据规则`,triageSignals:`以下迹象可能与欺诈有关，也可能并无问题：`,triageWordsAlone:`仅根据字词判断，参考价值较低。`,intentOrderStatus:`查询订单`,intentDeliveryProblem:`配送问题`,intentCancelOrder:`取消订单`,intentChangeOrder:`修改订单`,intentChangeAddress:`修改收货地址`,intentChangeItems:`更改订单商品`,intentChangePayment:`更换支付方式`,intentOrderList:`查看订单`,intentReturnRefund:`退货或退款`,intentExchange:`换货`,intentPaymentProblem:`支付问题`,intentInvoice:`发票`,intentProductQuestion:`商品咨询`,intentWarrantyRepair:`保修维修`,intentAccountAccess:`登录账户`,intentAccountSecurity:`账户安全或被骗`,intentComplaint:`投诉`,intentPraise:`表扬`,intentHumanRequest:`找人工`,intentSmallTalk:`寒暄`,intentAbuseOnly:`只有辱骂`,intentSpam:`广告`,intentOther:`其他`,intentRules:`询问规则`,urgencyLow:`低`,urgencyNormal:`一般`,urgencyHigh:`高`,urgencyCritical:`危急`,moodCalm:`平静`,moodUnhappy:`不满`,moodAngry:`愤怒`,priorityLow:`低`,priorityNormal:`普通`,priorityHigh:`高`,priorityUrgent:`紧急`,riskRead:`仅限查询`,riskWrite:`可变更，不涉及钱款`,riskMoney:`可涉及钱款`,signalIdentityMismatch:`网页填写的邮箱与已验证的邮箱不一致。`,signalManyReturns:`30 天内有 {n} 次会话涉及退换货。`,signalManyIdentities:`一天内该地址有 {n} 位客户。`,signalManyMessages:`一分钟内发送了 {n} 条消息。`,reasonUnknown:`原因未知`,sourceGenerated:`模型生成`,sourceCurated:`标准答案`,sourceCanned:`固定回复`,sourceExtractive:`原文摘录`,sourceCached:`缓存`,sourceClarifying:`反问澄清`,sourceRefused:`拒答话题`,sourcePerson:`人工`,sourceAction:`业务系统`,sourceUnknown:`无答案`,stateBot:`Kefu 接待中`,stateWaiting:`等待人工`,stateHuman:`人工接待中`,stateReturned:`已交还 Kefu`,stateClosed:`已结束`,sentimentNegative:`情绪负面`,sentimentNeutral:`情绪一般`,sentimentPositive:`情绪正面`,slotNumber:`单号`,slotDate:`日期`,slotAmount:`金额`,slotCode:`编码`,slotPhone:`电话`,slotEmail:`邮箱`,slotOther:`其他`,collection:`知识集`,newCollection:`新建知识集`,collectionId:`标识`,collectionIdHint:`小写字母、数字和“-”，以字母开头`,displayName:`名称`,noCollections:`还没有知识集`,noCollectionsMore:`先新建一个，再导入文档。`,documents:`文档`,document:`文档`,curatedAnswers:`标准答案`,searchTest:`检索测试`,needsAttention:`需要关注`,searchDocuments:`按标题、路径或产品查找`,writeDocument:`撰写文档`,documentCount:`{count} 篇文档`,documentCount_one:`1 篇文档`,noDocuments:`还没有文档`,noDocumentsMore:`将文件拖到上方，几秒后即可检索。`,noDocumentsFound:`没有匹配的文档`,validity:`有效期`,always:`长期有效`,validityEnded:`已过期`,validityEnding:`即将过期`,validityComing:`未生效`,validFrom:`生效日期`,validUntil:`失效日期`,passages:`段落`,updated:`更新时间`,audience:`可见范围`,everyone:`所有人`,staffOnly:`仅内部`,staffOnlyMore:`仅内部可见：不会展示给客户`,showMore:`再显示 {n} 项`,path:`路径`,pathHint:`同一路径再次导入会替换原文档。不写扩展名时按 Markdown 处理。`,address:`网址`,text:`正文`,markdownHint:`支持 Markdown：# 为标题，- 为列表`,editNote:`Kefu 只保存段落而不保存原文件，以下正文由段落拼成。保存后将替换该文档。`,editElsewhere:`如需修改，请以相同路径重新导入修改后的文件。`,deleteDocument:`删除此文档？`,deleteDocumentMore:`“{title}”将立即不再被检索到，且无法撤销。`,upload:`导入`,chooseFiles:`选择文件`,orDrop:`或拖放到此处`,uploadHint:`支持 PDF、Word、PowerPoint、Excel、HTML、Markdown、文本、邮件、问答 CSV 或 JSON、扫描件和图片（PNG、JPEG、WebP、TIFF）、ZIP；单个不超过 64 MiB`,uploadOptions:`应用于接下来的文件`,uploads:`文件`,uploadBroken:`导入中断，请重试此文件。`,progressOf:`{name} 的进度`,phaseQueued:`排队中`,phaseSending:`读取中…`,phaseEmbedding:`{done}/{count} 段`,phaseEmbedding_one:`{done}/{count} 段`,outcomeCreated:`已导入：{count} 段`,outcomeCreated_one:`已导入：{count} 段`,outcomeUpdated:`已更新：{count} 段`,outcomeUpdated_one:`已更新：{count} 段`,outcomeUnchanged:`内容未变`,outcomeUnpacked:`已解包：{count} 篇`,outcomeUnpacked_one:`已解包：{count} 篇`,outcomeDone:`完成`,searchCurated:`按问题或答案查找`,newCurated:`新建标准答案`,editCurated:`编辑标准答案`,answerCount:`{count} 条答案`,answerCount_one:`1 条答案`,noCurated:`还没有标准答案`,noCuratedFound:`没有匹配的标准答案`,noCuratedMore:`客户问到其中的问题时，标准答案会原样给出。`,narrowSearch:`还有更多，请缩小查找范围。`,priorityIs:`优先级 {n}`,deleteCurated:`删除此答案？`,deleteCuratedMore:`“{question}”将重新由文档作答，且无法撤销。`,questions:`问题`,questionsHint:`同一问题的不同问法。只有问的正是这件事时才会给出。`,questionNumber:`问题 {n}`,removeQuestion:`移除问题 {n}`,addQuestion:`添加问题`,answer:`答案`,takeReply:`采用人工回复`,recognised:`自动识别`,priority:`优先级`,testQuestion:`问题`,testQuestionHint:`与线上对话使用完全相同的检索。`,asOf:`按日期`,asCustomer:`以客户视角`,searchTestMore:`查看一个问题能检索到什么、各项信号，以及是否会给出标准答案。`,results:`结果`,foundIn:`{time} 内找到 {count} 段；问题识别为{language}`,foundIn_one:`{time} 内找到 {count} 段；问题识别为{language}`,thresholdTenant:`相关度达到 {value} 的段落会提供给模型（公司设置）。`,thresholdCollection:`相关度达到 {value} 的段落会提供给模型（按本知识集校准）。`,thresholdUnknown:`本知识集尚未校准，使用系统默认阈值。`,tooNear:`后几篇文档与最佳文档相差无几（相差 {apart}，至少需要 {wanted}）：此类问题会转人工。`,aboveThreshold:`提供给模型`,belowThreshold:`低于阈值`,relevance:`相关度`,relevanceIs:`相关度 {value}`,relevanceMore:`回答该问题的可能性；结果按此排序`,score:`得分`,scoreMore:`同一次检索内的排序依据，不能跨问题比较`,cosine:`余弦相似度`,rankIs:`第 {n} 名`,coverage:`词覆盖率`,coverageMore:`问题中的词，罕见词权重更高`,headCosine:`标题相似度`,headCosineMore:`标题与问题的相似度`,headIsQuestion:`标题本身就是问题`,rerank:`重排得分`,rerankMore:`如有重排则以此排序`,otherLanguage:`跨语言`,otherLanguageMore:`按翻译后的词比较`,instructionsLeftOut:`从这里起疑似在指示助手该说什么，回答时不采用：{text}`,samePassages:`另有 {count} 处内容相同：{collections}`,samePassages_one:`另有 {count} 处内容相同：{collections}`,curatedApplies:`会给出此标准答案`,curatedNot:`不会给出最接近的标准答案`,nearestQuestion:`其问题`,needs:`需达到 {value}`,wordsOfAnswer:`仅出现在其问题中`,wordsOfQuery:`仅出现在您的问题中`,curatedTooFar:`两个问题不够接近。`,curatedNotValid:`在该日期无效。`,curatedOtherLanguage:`语言不同。`,curatedOtherNumber:`涉及的数字、日期、编码或型号不同。`,curatedNegation:`其中一个是否定或相反的意思。`,curatedOtherQuestion:`问的不是同一件事，例如一个问时间、一个问价格。`,curatedOtherWords:`关键词不同。`,curatedOtherOrder:`顺序不同，例如从 A 到 B。`,staleDocuments:`已过期或即将过期`,staleMore:`过期文档不再被检索到，请更新或删除。`,noneStale:`30 天内没有文档到期`,neverCited:`从未被引用`,neverCitedMore:`最近 {days} 天没有答案引用它们，最旧的在前。`,neverCitedCut:`被引用的文档超过 {n} 篇，下列中可能有被引用过的。`,noneIdle:`所有文档都被引用过`,andMore:`以及另外 {n} 项`,span:`时间范围`,allKept:`全部`,lastDays:`最近 {count} 天`,lastDays_one:`最近 1 天`,today:`今天`,unansweredMore:`因没有答案而转人工，或答案被差评的问题；相似的问题归为一组。`,allAnswered:`没有未解答的问题`,allAnsweredMore:`没有答案的问题会汇总在这里。`,groupCount:`{questions}，{groups}`,questionCount:`{count} 个问题`,questionCount_one:`1 个问题`,groups:`共 {count} 组`,groups_one:`共 1 组`,examples:`问题（{n}）`,openConversation:`打开会话`,writeAnswer:`撰写答案`,writeAnswerTo:`为“{question}”撰写答案`,makeCurated:`设为标准答案`,personReplied:`人工回复：`,dismiss:`忽略`,dismissNamed:`忽略“{question}”`,dismissed:`已移出列表：{n}`,curatedMade:`已保存。之后问到的客户会得到您的答案，相关问题已移出列表。`,writeNeedsScope:`撰写答案需要 knowledge 权限和至少一个知识集。`,exportCsv:`导出 CSV`,noNumbers:`该时间段内没有提问`,noNumbersMore:`数据按小时统计，会话删除后仍保留。`,questionsAsked:`提问数`,repliesByPeople:`人工回复 {count} 条`,repliesByPeople_one:`人工回复 {count} 条`,resolved:`已解决`,resolvedMore:`共 {outcomes} 个有结果的问题：确认 {confirmed}，推定 {assumed}`,withoutOutcome:`闲聊、反问、办理`,confirmed:`确认解决`,assumed:`推定解决`,reopened:`再次提问`,reopenedMore:`{n} 次再问或差评`,handedOverMore:`{n} 次转人工`,satisfaction:`满意度`,satisfactionMore:`共 {count} 次评价`,satisfactionMore_one:`共 {count} 次评价`,firstText:`首字耗时`,wholeAnswer:`完整回答耗时`,percentiles:`中位数；p95 {p95}，p99 {p99}`,notMeasured:`暂无数据`,withoutModel:`未经模型`,withoutModelMore:`缓存 {cached}，标准答案 {curated}`,outcomeByDay:`每日提问结果`,outcomeByHour:`按小时分布`,timesByDay:`每日耗时（p95）`,ratingsByDay:`每日评价`,ratingsByHour:`按小时评价`,byReason:`转人工原因`,bySource:`答案来源`,byLanguage:`提问语言`,topDocuments:`引用最多的文档`,asTable:`表格`,asChart:`图表`,chartAlt:`{name}：合计 {sum}，最高 {most}（{when}）`,thisDesk:`本客服台`,keyOf:`密钥`,tenant:`公司`,role:`角色`,roleApp:`前端应用`,roleAgent:`客服`,roleLead:`主管`,roleAdmin:`管理员`,scopes:`权限`,version:`版本`,hoursAndTexts:`工作时间与话术`,timeZone:`时区`,timeZoneHint:`例如 Asia/Shanghai。留空则用系统默认。`,escalateSeconds:`等待过久的秒数`,escalateHint:`超过后会话会被标记并上报。0 表示从不；留空则用系统默认。`,claimSeconds:`多少秒后会话退回队列`,claimHint:`接手的人一直没有回复时。0 表示从不；留空则为左侧秒数的三倍。`,lapsesIn:`{time}后退回队列`,lapsed:`“{title}”已退回队列：您接手后太久没有回复。`,lapsedOpen:`打开`,businessHours:`工作时间`,businessHoursHint:`每行一条，例如“Mon-Fri 09:00-18:00”“2026-12-25 closed”。留空表示全天营业。`,wrongZone:`没有这个时区，请填写 Asia/Shanghai 这样的名称。`,wrongHours:`无法识别“{line}”。请每行写一条，例如“Mon-Fri 09:00-18:00”“Sat 10:00-16:00”“2026-12-25 closed”。`,wrongSeconds:`请填写整数秒，最多 604,800（一周）。`,wrongText:`最多 1,000 个字符。`,textsIn:`{language}话术`,textGreeting:`问候`,textNothingRelevant:`转人工：没有答案`,textCustomerAsked:`转人工：客户要求`,textOutOfHours:`非工作时间`,openingHint:`{opening} 表示下次上班时间。`,installationsText:`系统默认话术`,identity:`客户登录`,identityMore:`网站告知客户身份后，或客户通过邮箱验证码验证后，会话中会显示客户是谁。`,trustChanged:`客户如何证明身份，或哪些事无需人工即可办理，最近一次更改：{when}，更改者 {who}。`,identityMode:`客户`,identityOff:`无需说明身份`,identityOptional:`可以登录`,identityRequired:`必须登录，未登录者不予回答`,emailCodes:`可通过邮件发送验证码`,identityProof:`由您的网站说明客户身份`,noTokens:`否`,proofJwks:`使用令牌，公钥在指定地址（JWKS）`,proofKey:`使用令牌，公钥如下`,proofSecret:`使用令牌，以共享密钥签名`,sharedSecretWeak:`能验证这种令牌的人也能制作令牌。网站支持时请使用密钥对；客服人员能看到两者的区别。`,jwksUrl:`公钥地址`,jwksUrlHint:`以 https:// 开头。令牌使用未知的密钥时会重新读取。`,publicKey:`公钥（PEM）`,secretName:`密钥名称`,secretNameHint:`已存储在此处的密钥的名称，密钥至少 32 个字符。密钥本身不会显示。`,issuer:`签发者`,issuerHint:`令牌中的“iss”。`,tokenAudience:`令牌受众`,audienceHint:`令牌中的“aud”：应只指这个聊天。`,wrongIdentity:`请检查此项：{why}`,keptClaims:`保留的声明`,keptClaimsHint:`客服人员还能看到的信息，用逗号分隔，最多十项。`,webhooks:`Webhook`,webhooksMore:`通过签名的 HTTP 请求通知其他系统。`,addWebhook:`添加地址`,noWebhooks:`还没有通知任何系统`,deliveries:`投递记录`,deliveriesOf:`{url} 的投递记录`,noDeliveries:`最近 7 天没有投递`,deleteWebhook:`删除此地址？`,deleteWebhookMore:`{url} 将不再收到通知，未投递的内容会被丢弃。`,toldOf:`通知事件`,secret:`签名密钥`,secretMore:`请立即复制，之后无法再次查看。`,secretKept:`我已保存`,redeliver:`重新发送`,delivered:`已送达`,givenUp:`已放弃`,attempts:`第 {n} 次尝试`,nextAttempt:`下次尝试：{time}`,eventHandoff:`转人工`,eventTurn:`消息`,eventRating:`评价`,eventEscalation:`等待过久`,auditLog:`审计日志`,auditMore:`谁在何处对什么做了什么。每条记录都包含前一条的哈希值，任何改动都能被发现。`,auditVerify:`校验`,auditDownload:`下载 JSON Lines`,auditWho:`操作者`,auditWhat:`操作`,auditTarget:`对象`,auditFrom:`来源`,auditOutcome:`结果`,auditFailed:`只看失败的`,auditNothing:`没有这样的记录`,auditEarlier:`显示更早的记录`,auditPeer:`{address}（连接）`,auditUnreadable:`已被改动，无法读取`,auditWhole:`日志完整：共 {n} 条记录。`,auditHash:`请将最后一条记录的哈希值保存在别处：{hash}`,auditUnsealed:`哈希链完整，共 {n} 条记录，但有一端没有封签。{problem}`,auditBroken:`日志在第 {n} 条记录处断裂。{problem}`,failScope:`您的密钥没有 {scope} 权限。`,failUnauthenticated:`密钥已失效，请重新登录。`,failSessionNotFound:`此会话已不存在。`,failSessionClosed:`此会话已结束。`,failClaimLost:`此会话已不归您。`,failCollectionNotFound:`知识集不存在，或您的密钥无权使用。`,failCollectionExists:`已有同名标识的知识集。`,failDocumentNotFound:`此文档已不存在。`,failCuratedNotFound:`此答案已不存在。`,failUnavailable:`服务暂时没有响应，请重试。`,failUnimplemented:`当前系统不提供此功能。`,failNotDurable:`数据没有落盘，因此未写入任何内容，请联系管理员。`,failStaleRevision:`内容已被他人修改，请重新加载页面。`,failDraftNotFound:`此草稿已关闭。`,failDraftOutdated:`草稿建立之后线上内容已有变化：请先更新草稿。`,failDraftHeld:`草稿的检查未通过，或尚未结束。`,failOpenDrafts:`此知识库打开的草稿太多：请先发布或放弃其中一份。`,failKnowledgeMoved:`知识库恰好同时被修改，请重试。`,failVersionNotFound:`此版本已不再保留。`,failRevisionNotFound:`此修订已不再保留。`,failSourceNotFound:`此来源已不存在。`,failSyncNotFound:`此次运行的记录已不再保留。`,failSyncNotHeld:`此次运行已无需决定；请重新查看来源的运行记录。`,failOverloaded:`系统繁忙，请稍后再试。`,failStorageFull:`存储空间已满：暂时无法开始新会话或导入内容，请联系管理员。`,failEmptyDocument:`文件中没有文字。`,failNotText:`不是可读取的文本。`,failNoTextLayer:`这是扫描件或图片，而此处未开启或未安装文字识别（OCR）。请联系管理员，或先对文件做文字识别。`,failBadEncoding:`字符编码无法识别，请另存为 UTF-8。`,failBadTable:`不是问答表：需要 question 和 answer 两列。`,failBadFrontMatter:`开头“---”之间的内容无法解析。`,failBadPath:`压缩包内的文件名指向了包外。`,failBrokenFile:`文件已损坏，请重新保存后再试。`,failPassword:`文件有密码保护，请另存为无密码的副本。`,failTooLarge:`文件过大：不超过 64 MiB。`,failTooSlow:`读取耗时过长，请拆分后再试。`,failUnsupported:`不支持此类文件。`},F=se(Pr,Hr),Ur=ae(Date.now());setInterval(()=>{Ur.value=Date.now()},5e3);function Wr(e){let t=Math.max(0,Math.round(e/1e3));if(t<60)return F(`seconds`,{n:t});let n=Math.floor(t/60);if(n<60)return F(`minutes`,{n});let r=Math.floor(n/60);return r<24?n%60==0?F(`hours`,{n:r}):F(`hoursMinutes`,{n:r,m:n%60}):F(`days`,{n:Math.floor(r/24)})}function Gr(e,t=Ur.value){return Wr(t-Rt(e))}function I(e){if(e===void 0)return``;let t=It(e),n=t.toDateString()===new Date(Ur.value).toDateString();return new Intl.DateTimeFormat(ve(),{...n?{}:{month:`short`,day:`numeric`},hour:`2-digit`,minute:`2-digit`,hour12:!1}).format(t)}function Kr(e){return e===void 0?``:new Intl.DateTimeFormat(ve(),{dateStyle:`medium`}).format(It(e))}function L(e){return new Intl.NumberFormat(ve()).format(e)}function R(e){return new Intl.NumberFormat(ve(),{style:`percent`,maximumFractionDigits:+(e>0&&e<.1)}).format(e)}function qr(e){return e<1e3?`${Math.round(e)} ms`:`${(e/1e3).toFixed(e<1e4?2:1)} s`}function Jr(e){return e<1e3?`${e} B`:e<1e6?`${Math.round(e/1e3)} kB`:`${(e/1e6).toFixed(1)} MB`}function Yr(e){return e===``?F(`languageUnknown`):new Intl.DisplayNames([pe.value===`zh`?`zh-CN`:`en`],{type:`language`}).of(e)??e}function z(e,t){let[n,r]=h({value:null,failure:null,loading:!0}),[i,a]=h(0),o=w(t);S(()=>{let n=new AbortController,i=o.current.every((e,n)=>Object.is(e,t[n]));return o.current=t,r(({value:e})=>({value:i?e:null,failure:null,loading:!0})),e(n.signal,e=>{n.signal.aborted||r({value:e,failure:null,loading:!0})}).then(e=>{n.signal.aborted||r({value:e,failure:null,loading:!1})},e=>{n.signal.aborted||r(({value:t})=>({value:t,failure:T(e),loading:!1}))}),()=>{n.abort()}},[...t,i]);let s=we(()=>{a(e=>e+1)},[]);return{...n,reload:s}}function B(){let[e,t]=h(!1),[n,r]=h(null);return{busy:e,failure:n,run:n=>{e||(t(!0),r(null),n().catch(e=>{r(T(e))}).finally(()=>{t(!1)}))},clear:()=>{r(null)}}}function V(e){return e.split(`/`).at(-1)??``}function Xr(e){return e.split(`/`)[1]??``}function H(e){return e.split(`/`)[1]??``}var Zr=[`inbox`,`conversations`,`review`,`unanswered`,`knowledge`,`procedures`,`golden`,`numbers`,`settings`];function Qr(e){let[t=``,...n]=e.replace(/^#\/?/,``).split(`/`).map(ai),r=Zr.find(e=>e===t);return r===void 0?{section:`inbox`,rest:[]}:{section:r,rest:n.filter(e=>e!==``)}}function U(e,...t){return`#/${[e,...t.map(encodeURIComponent)].join(`/`)}`}var $r=ae(Qr(``)),ei=null;function ti(){let e=location.hash,t=()=>{let t=Qr(location.hash);if(ei!==null&&U(t.section,...t.rest)!==U($r.value.section,...$r.value.rest)){let t=location.hash;history.replaceState(history.state,``,e===``?location.pathname+location.search:e),ei(t)}else e=location.hash,$r.value=t};addEventListener(`hashchange`,t),t()}function ni(e){return ei=e,()=>{ei===e&&(ei=null)}}function ri(e){ei=null,location.hash=e}function ii(e,...t){location.hash=U(e,...t)}function ai(e){try{return decodeURIComponent(e)}catch{return e}}var oi=n(null),si=oi.Provider;function W(){let e=t(oi);if(e===null)throw Error(`Nobody is signed in.`);return e}var ci=`kefu.desk.key`;function li(){return sessionStorage.getItem(ci)??``}function ui(e){e===``?sessionStorage.removeItem(ci):sessionStorage.setItem(ci,e)}var di=class extends Error{status;constructor(e){super(`/api/me: HTTP ${e}`),this.status=e}};async function fi(e){if(!/^[\x21-\x7e]+$/.test(e))throw new di(401);let t=await fetch(`/api/me`,{headers:{Authorization:`Bearer ${e}`}});if(!t.ok)throw new di(t.status);return await t.json()}var pi=ae(he(`desk.agent`)??``);function mi(e){let t=e.trim().split(/\s+/).join(` `);C(`desk.agent`,t),pi.value=t}var hi=ae([`light`,`dark`].find(e=>e===he(`desk.theme`))??`auto`);function gi(e){C(`desk.theme`,e===`auto`?null:e),hi.value=e,_i()}function _i(){hi.value===`auto`?delete document.documentElement.dataset.theme:document.documentElement.dataset.theme=hi.value}var vi={SCOPE_MISSING:`failScope`,UNAUTHENTICATED:`failUnauthenticated`,SESSION_NOT_FOUND:`failSessionNotFound`,SESSION_CLOSED:`failSessionClosed`,CLAIM_LOST:`failClaimLost`,COLLECTION_NOT_FOUND:`failCollectionNotFound`,COLLECTION_EXISTS:`failCollectionExists`,DOCUMENT_NOT_FOUND:`failDocumentNotFound`,CURATED_ANSWER_NOT_FOUND:`failCuratedNotFound`,PROCEDURE_NOT_FOUND:`failProcedureNotFound`,GOLDEN_QUESTION_NOT_FOUND:`failGoldenNotFound`,GOLDEN_RUN_NOT_FOUND:`failGoldenRunNotFound`,ACTION_NOT_FOUND:`failActionNotFound`,DRAFT_NOT_FOUND:`failDraftNotFound`,DRAFT_OUTDATED:`failDraftOutdated`,DRAFT_HELD:`failDraftHeld`,KNOWLEDGE_MOVED:`failKnowledgeMoved`,VERSION_NOT_FOUND:`failVersionNotFound`,REVISION_NOT_FOUND:`failRevisionNotFound`,SOURCE_NOT_FOUND:`failSourceNotFound`,SYNC_NOT_FOUND:`failSyncNotFound`,SYNC_NOT_HELD:`failSyncNotHeld`,EXPERIMENT_RUNS:`failExperimentRuns`,EXPERIMENT_NOT_FOUND:`failExperimentNotFound`,SECRET_NOT_FOUND:`failSecretNotFound`,BACKEND_UNAVAILABLE:`failUnavailable`,NOT_DURABLE:`failNotDurable`,STALE_REVISION:`failStaleRevision`,OVERLOADED:`failOverloaded`,STORAGE_FULL:`failStorageFull`,TENANT_LIMIT:`failOverloaded`,EMPTY_DOCUMENT:`failEmptyDocument`,NOT_TEXT:`failNotText`,NO_TEXT_LAYER:`failNoTextLayer`,BAD_ENCODING:`failBadEncoding`,BAD_CSV:`failBadTable`,BAD_JSON:`failBadTable`,BAD_FRONT_MATTER:`failBadFrontMatter`,BAD_PATH:`failBadPath`,BROKEN_FILE:`failBrokenFile`,PASSWORD_PROTECTED:`failPassword`,TOO_LARGE:`failTooLarge`,REQUEST_TOO_LARGE:`failTooLarge`,TOO_SLOW:`failTooSlow`,UNSUPPORTED_TYPE:`failUnsupported`};function yi(e){if(e.reason===`ALREADY_CLAIMED`)return F(`failAlreadyClaimed`,{agent:e.metadata?.agent??`?`});if(e.reason===`TENANT_LIMIT`&&e.metadata?.limit===`open_drafts`)return F(`failOpenDrafts`);let t=vi[e.reason];return t===void 0?e.code===ie.Unimplemented?F(`failUnimplemented`):e.code===ie.Unavailable||e.message===`Failed to fetch`?F(`failUnavailable`):e.message||e.reason:F(t,{scope:e.metadata?.scope??``})}var bi={inbox:`M4 13h4l2 3h4l2-3h4M5 5h14l2 8v5a1.500 1.500 0 0 1-1.500 1.500h-15A1.500 1.500 0 0 1 3 18v-5z`,question:`M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.300-1 .8-1 1.700m0 3v.010`,book:`M4 5a2 2 0 0 1 2-2h13v15H6a2 2 0 0 0-2 2zm0 15a2 2 0 0 0 2 1h13v-3`,chart:`M4 20h16M7 16v-5m5 5V6m5 10v-8`,gear:`M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm8-3-2-.700a6 6 0 0 0-.600-1.500l.900-1.900-2.100-2.100-1.900.900a6 6 0 0 0-1.500-.600L12 4l-.700 2.100a6 6 0 0 0-1.500.600l-1.900-.900-2.100 2.100.900 1.900a6 6 0 0 0-.600 1.500L4 12l2.100.700a6 6 0 0 0 .600 1.500l-.900 1.900 2.100 2.100 1.900-.900a6 6 0 0 0 1.500.600L12 20l.700-2.100a6 6 0 0 0 1.500-.600l1.900.900 2.100-2.100-.900-1.900a6 6 0 0 0 .600-1.500z`,search:`M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2 4.500 4.500`,upload:`M12 16V5m-5 5 5-5 5 5M5 19h14`,download:`M12 5v11m-5-5 5 5 5-5M5 19h14`,edit:`M4 20l1-4L16 5l3 3L8 19zM14 7l3 3`,back:`M19 12H5m6-6-6 6 6 6`,bell:`M6 16V11a6 6 0 0 1 12 0v5l2 2H4zm4 5h4`,mute:`M6 16V11a6 6 0 0 1 9-5.200M18 11v5l2 2H8M4 4l16 16M10 21h4`,moon:`M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z`,leave:`M14 4h5v16h-5M4 12h10m-4-4 4 4-4 4`,clock:`M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zm0-14v5l3 2`,plus:`M12 5v14M5 12h14`,file:`M6 3h8l4 4v14H6zm8 0v4h4`,sparkle:`M12 4l1.800 5.200L19 11l-5.200 1.800L12 18l-1.800-5.200L5 11l5.200-1.800z`,star:`M12 3.500l2.600 5.300 5.900.900-4.200 4.100 1 5.800L12 16.900l-5.300 2.700 1-5.800-4.200-4.100 5.900-.900z`,flow:`M5 4h6v5H5zm8 11h6v5h-6zM8 9v8.500h5`,branch:`M12 20v-6m0 0L6 8m6 6 6-6M6 12V8h4m8 4V8h-4`,otherwise:`M6 4v8a4 4 0 0 0 4 4h8m-4-4 4 4-4 4`,say:`M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z`,act:`M13 3 5 14h6l-1 7 8-11h-6z`,person:`M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7.500 8a7.500 7.500 0 0 1 15 0`,check:`M5 12.500l4.500 4.500L19 7.500`,end:`M7 7h10v10H7z`,redo:`M19 8v4h-4M19 12a7 7 0 1 0-2 5`};function G({name:e}){return A(`svg`,{class:`icon-svg`,viewBox:`0 0 24 24`,"aria-hidden":`true`,focusable:`false`,children:A(`path`,{d:bi[e]})})}function K({kind:e,children:t}){return A(`div`,{class:`notice ${e}`,role:e===`danger`?`alert`:`status`,children:[e===`danger`||e===`warn`?A(qe,{name:`alert`}):null,A(`div`,{children:t})]})}function q({failure:e,retry:t}){return e===null?null:A(K,{kind:`danger`,children:[yi(e),` `,t?A(`button`,{type:`button`,class:`button small`,onClick:t,children:F(`retry`)}):null]})}function J({icon:e,title:t,children:n}){return A(`div`,{class:`empty`,children:[A(G,{name:e}),A(`p`,{class:`empty-title`,children:t}),n?A(`div`,{class:`empty-more`,children:n}):null]})}function Y({label:e=F(`loading`)}){return A(`p`,{class:`busy`,role:`status`,children:[A(`span`,{class:`spinner`,"aria-hidden":`true`}),` `,e]})}function X({kind:e=`plain`,children:t}){return A(`span`,{class:`badge ${e}`,children:t})}function Z(e){let{label:t,hint:n,error:r,children:i}=e,a=Te(),o=n?`${a}-hint`:void 0,s=r?`${a}-error`:void 0;return A(`div`,{class:`labelled`,children:[A(`label`,{for:a,children:t}),i(a,[s,o].filter(Boolean).join(` `)||void 0,r!==void 0),r?A(`p`,{class:`field-error`,id:s,children:[A(qe,{name:`alert`}),` `,r]}):null,n?A(`p`,{class:`hint`,id:o,children:n}):null]})}function Q(e){return A(N,{kind:`box`,title:e.title,closeLabel:F(`close`),onClose:e.onClose,children:[A(`div`,{class:`stack`,children:e.children}),A(q,{failure:e.failure??null}),A(`div`,{class:`dialog-actions`,children:[A(`button`,{type:`button`,class:`button`,onClick:e.onClose,children:F(`cancel`)}),A(`button`,{type:`button`,class:`button ${e.danger?`danger`:`primary`}`,disabled:e.busy,onClick:e.onConfirm,children:e.action})]})]})}function xi({label:e,items:t}){return A(`nav`,{class:`subnav`,"aria-label":e,children:t.map(e=>A(`a`,{href:e.href,"aria-current":e.current?`page`:void 0,children:[e.label,e.count===void 0?null:A(`span`,{class:`count`,children:e.count})]},e.href))})}function Si({title:e,children:t}){return A(`header`,{class:`page-head`,children:[A(`h1`,{children:e}),A(`div`,{class:`page-tools`,children:t})]})}var Ci=`new?turn=`;function wi(e){return`${U(`golden`)}/${Ci}${e}`}function Ti(e){let t=e.join(`/`);return t.startsWith(Ci)?t.slice(9):null}function Ei(e){return/goldenRuns\/([\w-]+)/.exec(e)?.[1]??null}function Di({answer:e,collection:t,collections:n,replies:r=[],beside:i,onClose:a,onSaved:o}){let{services:s}=W(),[c,l]=h(e.questions.length>0?e.questions:[``]),[u,d]=h(e.answer),[f,p]=h(e.language),[m,g]=h(e.validFrom),[_,y]=h(e.validUntil),[b,x]=h(e.priority),[S,C]=h(e.audience===Tr.STAFF),[ee,w]=h(t),T=B(),te=()=>{T.run(async()=>{let t=v(wr,{name:e.name,questions:c.map(e=>e.trim()).filter(e=>e!==``),answer:u.trim(),language:f,validFrom:m,validUntil:_,priority:b,audience:S?Tr.STAFF:Tr.EVERYONE});await o((await s.knowledge.putCuratedAnswer({collection:ee,curatedAnswer:t})).curatedAnswer??t)})},ne=(e,t)=>l(c.map((n,r)=>r===e?t:n));return A(N,{kind:`panel`,title:e.name===``?F(`newCurated`):F(`editCurated`),closeLabel:F(`close`),onClose:a,children:A(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),te()},children:[A(`fieldset`,{class:`plain-fieldset`,children:[A(`legend`,{children:F(`questions`)}),A(`p`,{class:`hint`,children:F(`questionsHint`)}),c.map((e,t)=>A(`div`,{class:`row question-row`,children:[A(`input`,{class:`field`,"aria-label":F(`questionNumber`,{n:t+1}),dir:`auto`,maxLength:500,required:t===0,value:e,onInput:e=>ne(t,e.currentTarget.value)}),A(`button`,{type:`button`,class:`button quiet icon small`,"aria-label":F(`removeQuestion`,{n:t+1}),disabled:c.length===1,onClick:()=>l(c.filter((e,n)=>n!==t)),children:A(qe,{name:`close`})})]},t)),A(`button`,{type:`button`,class:`button small`,disabled:c.length>=20,onClick:()=>l([...c,``]),children:[A(G,{name:`plus`}),` `,F(`addQuestion`)]})]}),A(Z,{label:F(`answer`),children:e=>A(`textarea`,{id:e,class:`field`,dir:`auto`,rows:6,maxLength:4e3,required:!0,value:u,onInput:e=>d(e.currentTarget.value)})}),i?.(c,f),r.length>1?A(Z,{label:F(`takeReply`),children:e=>A(`select`,{id:e,class:`field`,onChange:e=>d(e.currentTarget.value),children:r.map(e=>A(`option`,{value:e,children:e.slice(0,90)},e))})}):null,A(`div`,{class:`row`,children:[n&&n.length>1?A(Z,{label:F(`collection`),children:e=>A(`select`,{id:e,class:`field`,value:ee,onChange:e=>w(e.currentTarget.value),children:n.map(e=>A(`option`,{value:e.name,children:e.displayName||e.name},e.name))})}):null,A(Z,{label:F(`language`),children:e=>A(`select`,{id:e,class:`field`,value:f,onChange:e=>p(e.currentTarget.value),children:[A(`option`,{value:``,children:F(`recognised`)}),A(`option`,{value:`en`,children:Yr(`en`)}),A(`option`,{value:`zh`,children:Yr(`zh`)})]})}),A(Z,{label:F(`priority`),children:e=>A(`input`,{id:e,class:`field`,type:`number`,min:-1e3,max:1e3,step:1,value:b,onInput:e=>x(e.currentTarget.valueAsNumber||0)})})]}),A(`div`,{class:`row`,children:[A(Z,{label:F(`validFrom`),children:e=>A(`input`,{id:e,class:`field`,type:`date`,value:m,onInput:e=>g(e.currentTarget.value)})}),A(Z,{label:F(`validUntil`),children:e=>A(`input`,{id:e,class:`field`,type:`date`,value:_,onInput:e=>y(e.currentTarget.value)})})]}),A(`label`,{class:`check`,children:[A(`input`,{type:`checkbox`,checked:S,onChange:e=>C(e.currentTarget.checked)}),` `,F(`staffOnlyMore`)]}),A(q,{failure:T.failure}),A(`div`,{class:`dialog-actions`,children:[A(`button`,{type:`button`,class:`button`,onClick:a,children:F(`cancel`)}),A(`button`,{type:`submit`,class:`button primary`,disabled:T.busy,children:F(`save`)})]})]})})}var Oi={inbox:[`desk`],conversations:[`desk`],review:[`desk`],unanswered:[`settings`],knowledge:[`knowledge`],procedures:[`settings`],golden:[`settings`,`knowledge`],numbers:[`settings`]};function ki(e,t){return e.scopes.includes(t)}function Ai(e){return![`desk`,`knowledge`,`settings`,`admin`].some(t=>ki(e,t))}function ji(e,t){return t===`settings`||Oi[t].some(t=>ki(e,t))?null:Oi[t][0]}function Mi(e){return Zr.filter(t=>ji(e,t)===null)}function Ni(e){let t={app:F(`roleApp`),agent:F(`roleAgent`),lead:F(`roleLead`),admin:F(`roleAdmin`)};return(e.roles.length>0?e.roles.map(e=>t[e]??e):e.scopes).join(`, `)}function Pi({wordings:e,language:t}){let{services:n}=W(),[r,i]=h(null),a=B(),o=e.map(e=>e.trim()).filter(e=>e!==``);return A(`div`,{class:`stack hits-of-answer`,children:[A(`button`,{type:`button`,class:`button small`,disabled:a.busy||o.length===0,onClick:()=>{a.run(async()=>{i(await n.review.listMatchingQuestions({wordings:o,language:t}))})},children:F(`wouldHitCheck`)}),A(q,{failure:a.failure}),r?A(`div`,{role:`status`,children:[r.questions.length===0?A(`p`,{class:`soft`,children:F(`wouldHitNone`,{n:L(r.lookedAt)})}):A(`p`,{class:`soft`,children:F(`wouldHit`)}),A(`ul`,{class:`plain-list`,children:r.questions.map(e=>A(`li`,{children:[A(`a`,{dir:`auto`,href:U(`conversations`,Xr(e.turn)),children:e.question}),` `,A(`span`,{class:`soft`,children:[F(`wouldHitTimes`,{n:L(e.count)}),` · `,I(e.time)]})]},e.turn))})]}):null]})}var Fi=500;function Ii({turn:e}){let{services:t,me:n,config:r}=W(),[i,a]=h(!1),o=ki(n,`knowledge`),s=z(async e=>i?(await t.knowledge.listCollections({pageSize:100},{signal:e})).collections:[],[t,i]),[,c=``,,l=``]=(e.completed?.citations[0]?.passage??e.passages[0]?.name??``).split(`/`),u=s.value?.find(e=>H(e.name)===c)??s.value?.find(e=>r.collections.some(t=>t.endsWith(H(e.name))))??s.value?.[0],d=v(wr,{questions:[e.question.slice(0,Fi)],answer:Li(e),language:e.language});return A(g,{children:[A(`span`,{class:`soft`,children:[F(`correct`),`:`]}),o&&e.question!==``?A(`button`,{type:`button`,class:`button small`,onClick:()=>a(!0),children:F(`correctCurated`)}):null,o&&l!==``?A(`a`,{class:`button small`,href:U(`knowledge`,c,`documents`,l),children:F(`correctDocument`)}):null,ki(n,`settings`)?A(`a`,{class:`button small`,href:wi(e.name),children:F(`correctGolden`)}):null,i&&u?A(Di,{answer:d,collection:u.name,collections:s.value??[],beside:(t,n)=>A(Pi,{wordings:t,language:n||e.language}),onClose:()=>a(!1),onSaved:()=>a(!1)}):null]})}function Li(e){return e.handoff?``:e.text.replace(/ ?\[\d{1,3}\]/g,``)}var Ri=We(btoa(`
\x1Bkefu/router/v1/review.protokefu.router.v1"¯
\vAnswerMarks
\x07checked (\b
\breplaced (\b
\vlow_support (\b
\x07support (
\breopened (\b
action (	\v
arm\x07 (	(
\x07stratum\b (2.kefu.router.v1.Stratum"
	Judgement(
\x07verdict (2.kefu.router.v1.Verdict
\breviewer (	(
time (\v2.google.protobuf.Timestamp\f
note (	"
\fReviewedTurn"
turn (\v2.kefu.router.v1.Turn*
marks (\v2\x1B.kefu.router.v1.AnswerMarks,
	judgement (\v2.kefu.router.v1.Judgement"Á
%ReviewServiceListConversationsRequest
	page_size (

page_token (	\r
words (	
	languages (	-
\x07sources (2.kefu.router.v1.AnswerSource'
\x07ratings (2.kefu.router.v1.Rating/
\x07reasons\x07 (2.kefu.router.v1.Handoff.Reason
\vhanded_over\b (\b
\x07checked	 (\b
\vlow_support
 (\b
\breopened\v (\b
action\f (	\v
arm\r (	.

start_time (\v2.google.protobuf.Timestamp,
\bend_time (\v2.google.protobuf.Timestamp"
FoundConversation(
\x07session (\v2.kefu.router.v1.Session-
\x07matches (\v2.kefu.router.v1.ReviewedTurn
\vmatch_count (\r"
&ReviewServiceListConversationsResponse8
\rconversations (\v2!.kefu.router.v1.FoundConversation
next_page_token (	
	looked_at (\r")
GetConversationRequest
\x07session (	"p
GetConversationResponse(
\x07session (\v2.kefu.router.v1.Session+
turns (\v2.kefu.router.v1.ReviewedTurn"$
ExplainAnswerRequest\f
turn (	"º

\vExplanation
\bdecision (	
detail (	4
\bsearches (\v2".kefu.router.v1.Explanation.Search6
\bevidence (\v2$.kefu.router.v1.Explanation.Evidence0
model (\v2!.kefu.router.v1.Explanation.Model
\x07profile (	
offered_actions\x07 (	\v
arm\b (	Q
Found
\x07passage (	\r
title (	
	relevance (
\rmin_relevance (
\x07Curated\f
name (	
\bquestion (	
cosine (
\fleast_cosine (
reason (	
question_words (	
\vquery_words\x07 (	Â
Search\r
query (	
\x07history (	
\fused_history (\b
\x07read_as (	
\blanguage (	0
found (\v2!.kefu.router.v1.Explanation.Found4
\x07curated\x07 (\v2#.kefu.router.v1.Explanation.Curated\r
apart\b (
	min_apart	 (
gives_instructions
 (\b
\brevision\v (	'
time\f (\v2.google.protobuf.DurationT
Piece\f
text (	
\x07passage (	
score (H\0
chosen (\bB\b
_scoreì
\bEvidence\r
asked (	
\x07bearing (\r
bears (\b1
pieces (\v2!.kefu.router.v1.Explanation.Piece

first_word (	B
quoted (\bB
\vcomputation\x07 (	B
\bcompared\b (\b'
time	 (\v2.google.protobuf.DurationÅ
Model\r
model (	
\x07replica (	
\vfingerprint (	
\ffailed_check (	\v
cut (	
\x07literal (	
\vreplaced_by\x07 (	
\rcontinuations\b (\r'
time	 (\v2.google.protobuf.Duration"u
ExplainAnswerResponse0
\vexplanation (\v2\x1B.kefu.router.v1.Explanation*
turn (\v2.kefu.router.v1.ReviewedTurn"r
ListMatchingQuestionsRequest
\bwordings (	
\blanguage (	.

start_time (\v2.google.protobuf.Timestamp"ê
MatchingQuestion\f
turn (	
\bquestion (	
\x07wording (	
cosine (\r
count (\r(
time (\v2.google.protobuf.Timestamp,
source\x07 (2.kefu.router.v1.AnswerSource.
reason\b (2.kefu.router.v1.Handoff.Reason"g
ListMatchingQuestionsResponse3
	questions (\v2 .kefu.router.v1.MatchingQuestion
	looked_at (\r"%
GetReviewSampleRequest\v
day (	"s
\rSampledAnswer*
turn (\v2.kefu.router.v1.ReviewedTurn(
\x07stratum (2.kefu.router.v1.Stratum\f
gone (\b"g
\vStratumSize(
\x07stratum (2.kefu.router.v1.Stratum
\x07answers (\r\r
drawn (\r
judged (\r"§
GetReviewSampleResponse\v
day (	.
\x07answers (\v2.kefu.router.v1.SampledAnswer+
strata (\v2\x1B.kefu.router.v1.StratumSize\r
final (\b
\vhanded_over (\r"l
JudgeAnswerRequest\f
turn (	(
\x07verdict (2.kefu.router.v1.Verdict\f
note (	
\breviewer (	"C
JudgeAnswerResponse,
	judgement (\v2.kefu.router.v1.Judgement"=
GetReviewNumbersRequest
	start_day (	
\x07end_day (	"9
\rReviewedShare\r
share (\v
low (\f
high ("Ç
GetReviewNumbersResponse\f
days (	
judged (\r
\x07answers (\r
\vhanded_over (\r/
\bresolved (\v2.kefu.router.v1.ReviewedShare,
right (\v2.kefu.router.v1.ReviewedShare+
half\x07 (\v2.kefu.router.v1.ReviewedShare,
wrong\b (\v2.kefu.router.v1.ReviewedShare-
unsafe	 (\v2.kefu.router.v1.ReviewedShare*n
\x07Verdict
VERDICT_UNSPECIFIED\0
\rVERDICT_RIGHT
\fVERDICT_HALF
\rVERDICT_WRONG
VERDICT_UNSAFE*
\x07Stratum
STRATUM_UNSPECIFIED\0
STRATUM_REPLACED
STRATUM_LOW_SUPPORT
STRATUM_REOPENED
\fSTRATUM_LONG
STRATUM_ORDINARY2ï
\rReviewService
ListConversations5.kefu.router.v1.ReviewServiceListConversationsRequest6.kefu.router.v1.ReviewServiceListConversationsResponseb
GetConversation&.kefu.router.v1.GetConversationRequest'.kefu.router.v1.GetConversationResponse\\
\rExplainAnswer$.kefu.router.v1.ExplainAnswerRequest%.kefu.router.v1.ExplainAnswerResponset
ListMatchingQuestions,.kefu.router.v1.ListMatchingQuestionsRequest-.kefu.router.v1.ListMatchingQuestionsResponseb
GetReviewSample&.kefu.router.v1.GetReviewSampleRequest'.kefu.router.v1.GetReviewSampleResponseV
\vJudgeAnswer".kefu.router.v1.JudgeAnswerRequest#.kefu.router.v1.JudgeAnswerResponsee
GetReviewNumbers'.kefu.router.v1.GetReviewNumbersRequest(.kefu.router.v1.GetReviewNumbersResponsebproto3`),[Oe,Me,Xe]),zi=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.RIGHT=1]=`RIGHT`,e[e.HALF=2]=`HALF`,e[e.WRONG=3]=`WRONG`,e[e.UNSAFE=4]=`UNSAFE`,e}({}),Bi=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.REPLACED=1]=`REPLACED`,e[e.LOW_SUPPORT=2]=`LOW_SUPPORT`,e[e.REOPENED=3]=`REOPENED`,e[e.LONG=4]=`LONG`,e[e.ORDINARY=5]=`ORDINARY`,e}({}),Vi=Pe(Ri,0);function Hi(e){switch(e){case M.NOTHING_RELEVANT:return F(`reasonNothingRelevant`);case M.CUSTOMER_ASKED:return F(`reasonCustomerAsked`);case M.SEARCH_UNAVAILABLE:return F(`reasonSearchUnavailable`);case M.MODEL_UNAVAILABLE:return F(`reasonModelUnavailable`);case M.EMPTY_ANSWER:return F(`reasonEmptyAnswer`);case M.UNSUPPORTED_ANSWER:return F(`reasonUnsupportedAnswer`);case M.OVERLOADED:return F(`reasonOverloaded`);case M.LOW_SUPPORT:return F(`reasonLowSupport`);case M.REPEATED_FAILURE:return F(`reasonRepeatedFailure`);case M.SENSITIVE:return F(`reasonSensitive`);case M.ABUSE:return F(`reasonAbuse`);case M.COMPLAINT:return F(`reasonComplaint`);case M.OWN_CASE:return F(`reasonOwnCase`);case M.ACTION_FAILED:return F(`reasonActionFailed`);case M.CHANGE_NEEDS_PERSON:return F(`reasonChangeNeedsPerson`);case M.CHANGE_UNCONFIRMED:return F(`reasonChangeUnconfirmed`);case M.PROCEDURE:return F(`reasonProcedure`);case M.TRIAGE:return F(`reasonTriage`);default:return F(`reasonUnknown`)}}function Ui(e){let t=M[e.replace(/^REASON_/,``)];return t===void 0?e:Hi(t)}function Wi(e){switch(e){case j.GENERATED:return F(`sourceGenerated`);case j.CURATED:return F(`sourceCurated`);case j.CANNED:return F(`sourceCanned`);case j.EXTRACTIVE:return F(`sourceExtractive`);case j.CACHED:return F(`sourceCached`);case j.CLARIFYING:return F(`sourceClarifying`);case j.REFUSED:return F(`sourceRefused`);case j.PERSON:return F(`sourcePerson`);case j.ACTION:return F(`sourceAction`);default:return F(`sourceUnknown`)}}function Gi(e){let t=j[e.replace(/^ANSWER_SOURCE_/,``)];return t===void 0?e:Wi(t)}function Ki(e){switch(e){case k.WAITING:return F(`stateWaiting`);case k.HUMAN:return F(`stateHuman`);case k.RETURNED:return F(`stateReturned`);case k.CLOSED:return F(`stateClosed`);default:return F(`stateBot`)}}function qi(e){switch(e){case Be.NEGATIVE:return F(`sentimentNegative`);case Be.POSITIVE:return F(`sentimentPositive`);default:return F(`sentimentNeutral`)}}function Ji(e){switch(e){case Ve.NUMBER:return F(`slotNumber`);case Ve.DATE:return F(`slotDate`);case Ve.AMOUNT:return F(`slotAmount`);case Ve.CODE:return F(`slotCode`);case Ve.PHONE:return F(`slotPhone`);case Ve.EMAIL:return F(`slotEmail`);default:return F(`slotOther`)}}var Yi={order_status:()=>F(`intentOrderStatus`),order_list:()=>F(`intentOrderList`),delivery_problem:()=>F(`intentDeliveryProblem`),cancel_order:()=>F(`intentCancelOrder`),change_address:()=>F(`intentChangeAddress`),change_items:()=>F(`intentChangeItems`),change_payment:()=>F(`intentChangePayment`),change_order:()=>F(`intentChangeOrder`),return_refund:()=>F(`intentReturnRefund`),exchange:()=>F(`intentExchange`),payment_problem:()=>F(`intentPaymentProblem`),invoice:()=>F(`intentInvoice`),product_question:()=>F(`intentProductQuestion`),warranty_repair:()=>F(`intentWarrantyRepair`),account_access:()=>F(`intentAccountAccess`),account_security:()=>F(`intentAccountSecurity`),complaint:()=>F(`intentComplaint`),praise:()=>F(`intentPraise`),human_request:()=>F(`intentHumanRequest`),small_talk:()=>F(`intentSmallTalk`),abuse_only:()=>F(`intentAbuseOnly`),spam:()=>F(`intentSpam`),other:()=>F(`intentOther`),rules:()=>F(`intentRules`)};function Xi(e){return Yi[e]?.()??e}function Zi(e){switch(e){case`low`:return F(`urgencyLow`);case`high`:return F(`urgencyHigh`);case`critical`:return F(`urgencyCritical`);default:return F(`urgencyNormal`)}}function Qi(e){switch(e){case`unhappy`:return F(`moodUnhappy`);case`angry`:return F(`moodAngry`);default:return F(`moodCalm`)}}function $i(e){switch(e){case`low`:return F(`priorityLow`);case`high`:return F(`priorityHigh`);case`urgent`:return F(`priorityUrgent`);default:return F(`priorityNormal`)}}function ea(e){switch(e){case`read`:return F(`riskRead`);case`write`:return F(`riskWrite`);default:return F(`riskMoney`)}}function ta(e,t){switch(e){case`identity_mismatch`:return F(`signalIdentityMismatch`);case`many_returns`:return F(`signalManyReturns`,{n:t});case`many_identities`:return F(`signalManyIdentities`,{n:t});case`many_messages`:return F(`signalManyMessages`,{n:t});default:return e}}var na=[zi.RIGHT,zi.HALF,zi.WRONG,zi.UNSAFE];function ra(e){switch(e){case zi.RIGHT:return F(`verdictRight`);case zi.HALF:return F(`verdictHalf`);case zi.WRONG:return F(`verdictWrong`);case zi.UNSAFE:return F(`verdictUnsafe`);default:return F(`verdictNone`)}}function ia(e){switch(e){case Bi.REPLACED:return F(`stratumReplaced`);case Bi.LOW_SUPPORT:return F(`stratumLowSupport`);case Bi.REOPENED:return F(`stratumReopened`);case Bi.LONG:return F(`stratumLong`);default:return F(`stratumOrdinary`)}}function aa(e){let{marks:t,turn:n,judgement:r}=e,i=[];return t?.replaced?i.push({text:F(`markReplaced`),kind:`warn`}):t?.checked&&i.push({text:F(`markChecked`),kind:`warn`}),t?.lowSupport&&i.push({text:F(`markLowSupport`,{value:t.support.toFixed(2)}),kind:`warn`}),t?.reopened&&i.push({text:F(`markReopened`),kind:`warn`}),t?.action&&i.push({text:F(`markAction`,{action:t.action}),kind:`plain`}),n?.handoff&&i.push({text:`${F(`handedOver`)}: ${Hi(n.handoff.reason)}`,kind:`plain`}),n?.rating===Ke.UP&&i.push({text:F(`ratedUp`),kind:`good`}),n?.rating===Ke.DOWN&&i.push({text:F(`ratedDown`),kind:`danger`}),r&&i.push({text:F(`judgedBy`,{verdict:ra(r.verdict),name:r.reviewer}),kind:r.verdict===zi.RIGHT?`good`:`danger`}),i}function oa({turn:e,judgement:t,onJudged:n}){let{services:r,agent:i}=W(),[a,o]=h(t?.note??``),s=B(),c=t=>{s.run(async()=>{n((await r.review.judgeAnswer({turn:e,verdict:t,note:a,reviewer:i})).judgement)})};return A(`div`,{class:`judge`,role:`group`,"aria-label":F(`review`),children:[A(`div`,{class:`row`,children:[na.map((e,n)=>A(`button`,{type:`button`,class:`button small`,"data-verdict":n+1,"aria-pressed":t?.verdict===e,"aria-disabled":s.busy,onClick:()=>c(e),children:ra(e)},e)),t?A(`button`,{type:`button`,class:`button small quiet`,"aria-disabled":s.busy,onClick:()=>c(zi.UNSPECIFIED),children:F(`takeVerdictBack`)}):null]}),A(`details`,{class:`examples`,children:[A(`summary`,{children:F(`reviewNote`)}),A(Z,{label:F(`reviewNote`),hint:F(`reviewNoteHint`),children:(e,t)=>A(`input`,{id:e,class:`field`,dir:`auto`,maxLength:1e3,value:a,"aria-describedby":t,onInput:e=>o(e.currentTarget.value)})})]}),A(q,{failure:s.failure})]})}function sa({reviewed:e}){let t=e.turn?.completed?.source;return A(`p`,{class:`item-tags`,children:[t?A(X,{children:Wi(t)}):null,aa(e).map(e=>A(X,{kind:e.kind,children:e.text},e.text))]})}function ca(e){switch(e.reason){case`TOO_FAR`:return F(`curatedTooFar`);case`NOT_VALID`:return F(`curatedNotValid`);case`OTHER_LANGUAGE`:return F(`curatedOtherLanguage`);case`OTHER_NUMBER`:return F(`curatedOtherNumber`);case`NEGATION`:return F(`curatedNegation`);case`OTHER_QUESTION`:return F(`curatedOtherQuestion`);case`OTHER_WORDS`:return F(`curatedOtherWords`);case`OTHER_ORDER`:return F(`curatedOtherOrder`);default:return e.reason}}function la({turn:e}){let{services:t}=W(),n=z(n=>t.review.explainAnswer({turn:e},{signal:n}),[t,e]),{explanation:r,turn:i}=n.value??{};return A(`section`,{class:`why stack`,"aria-label":F(`whyAsk`),children:[A(q,{failure:n.failure,retry:n.reload}),n.value===null&&n.failure===null?A(Y,{}):null,r&&i?.turn?A(ua,{why:r,turn:i.turn}):null]})}function ua({why:e,turn:t}){return A(g,{children:[A(fa,{why:e,turn:t}),A(`h3`,{children:F(`whyFound`)}),e.searches.length===0?A(`p`,{class:`soft`,children:F(`whyNothing`)}):null,e.searches.map((e,t)=>A(pa,{search:e},t)),e.evidence.length>0?A(`h3`,{children:F(`whyEvidence`)}):null,e.evidence.map((e,t)=>A(ha,{evidence:e},t)),e.model?A(ga,{model:e.model}):null]})}function da(e){switch(e){case`evidence`:return F(`profileEvidence`);case`choice`:return F(`profileChoice`);case`full`:return F(`profileFull`);case`verified`:return F(`profileVerified`);case`unchecked`:return F(`profileUnchecked`);default:return e}}function fa({why:e,turn:t}){let{completed:n,triage:r}=t,i=n?.timings,a=(e,t)=>t?[F(e,{time:qr(zt(t))})]:[],o=[...a(`timeQueue`,i?.queue),...a(`timeSearch`,i?.search),...a(`timeModel`,e.model?.time),...a(`timeFirst`,i?.firstText),...a(`timeTotal`,i?.total)];return A(`dl`,{class:`facts`,children:[A(`dt`,{children:F(`whyDecision`)}),A(`dd`,{children:[e.decision.replaceAll(`_`,` `),` `,e.detail?A(`span`,{class:`soft`,children:e.detail}):null]}),A(`dt`,{children:F(`whyProfile`)}),A(`dd`,{children:da(e.profile)}),e.model?.model||n?.model?A(g,{children:[A(`dt`,{children:F(`whyModel`)}),A(`dd`,{children:[e.model?.model||n?.model,` `,A(`span`,{class:`soft`,children:[e.model?.replica,e.model?.fingerprint].filter(Boolean).join(` · `)})]})]}):null,r?A(g,{children:[A(`dt`,{children:F(`whyRead`)}),A(`dd`,{children:[r.intent?Xi(r.intent):``,Zi(r.urgency),Qi(r.mood)].filter(Boolean).join(` · `)})]}):null,e.offeredActions.length>0?A(g,{children:[A(`dt`,{children:F(`whyActions`)}),A(`dd`,{children:e.offeredActions.join(`, `)})]}):null,n?.brownOut?A(g,{children:[A(`dt`,{children:F(`whyBrownOut`)}),A(`dd`,{children:F(`whyLevel`,{n:n.brownOut})})]}):null,A(`dt`,{children:F(`whyTimes`)}),A(`dd`,{children:o.join(`, `)})]})}function pa({search:e}){return A(`div`,{class:`stack`,children:[A(`dl`,{class:`facts`,children:[A(`dt`,{children:F(`whyQuery`)}),A(`dd`,{dir:`auto`,children:e.query}),e.readAs?A(g,{children:[A(`dt`,{children:F(`whyReadAs`)}),A(`dd`,{dir:`auto`,children:e.readAs})]}):null,e.usedHistory?A(g,{children:[A(`dt`,{children:F(`whyHistory`)}),A(`dd`,{dir:`auto`,children:e.history})]}):null,e.curated?A(ma,{near:e.curated}):null]}),e.givesInstructions?A(`p`,{children:F(`whyInstructs`)}):null,e.apart<e.minApart?A(`p`,{children:F(`whyTooClose`,{apart:e.apart.toFixed(3),wanted:e.minApart.toFixed(3)})}):null,e.found.length===0?A(`p`,{class:`soft`,children:F(`whyNothingFound`)}):A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":F(`whyFound`),children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,class:`figure`,children:F(`whyRelevance`)}),A(`th`,{scope:`col`,class:`figure`,children:F(`whyNeeded`)}),A(`th`,{scope:`col`,children:F(`document`)})]})}),A(`tbody`,{children:e.found.map(e=>A(`tr`,{children:[A(`td`,{class:`figure`,children:e.relevance>=e.minRelevance?A(`strong`,{children:e.relevance.toFixed(2)}):e.relevance.toFixed(2)}),A(`td`,{class:`figure`,children:e.minRelevance.toFixed(2)}),A(`td`,{class:`wrapping`,children:A(`a`,{href:U(`knowledge`,H(e.passage),`documents`,e.passage.split(`/`)[3]??``),children:e.title||e.passage})})]},e.passage))})]})})]})}function ma({near:e}){return A(g,{children:[A(`dt`,{children:F(`whyCurated`)}),A(`dd`,{children:[A(`span`,{dir:`auto`,children:e.question}),` `,A(`span`,{class:`soft`,children:F(`whyCosine`,{value:e.cosine.toFixed(3),wanted:e.leastCosine.toFixed(2)})}),` `,e.reason===``?A(X,{kind:`good`,children:F(`whyCuratedApplies`)}):A(X,{kind:`warn`,children:F(`whyCuratedNot`,{reason:ca(e)})})]})]})}function ha({evidence:e}){let t=e.bearing.toFixed(2);return A(`div`,{class:`stack`,children:[A(`p`,{children:[A(`span`,{dir:`auto`,children:e.asked}),` `,e.bears?A(X,{kind:`good`,children:F(`whyBears`,{value:t})}):A(X,{kind:`warn`,children:F(`whyBearsNot`,{value:t})})]}),e.computation?A(`p`,{dir:`auto`,children:F(`whyComputed`,{text:e.computation})}):null,A(`ul`,{class:`plain-list rows`,children:e.pieces.map((e,t)=>A(`li`,{dir:`auto`,children:[A(X,{kind:e.chosen?`good`:`plain`,children:e.chosen?F(`whyChosen`):F(`whyNotChosen`)}),` `,e.text,` `,e.score===void 0?null:A(`span`,{class:`soft`,children:e.score.toFixed(2)})]},t))})]})}function ga({model:e}){return A(g,{children:[A(`h3`,{children:F(`whyChecks`)}),e.failedCheck===``&&e.literal===``?A(`p`,{children:F(`whyPassed`)}):null,e.failedCheck?A(`p`,{children:[F(`whyFailed`,{check:e.failedCheck}),`: `,A(`del`,{dir:`auto`,children:e.cut})]}):null,e.literal?A(`p`,{children:F(`whyLiteral`,{literal:e.literal})}):null,e.replacedBy?A(`p`,{children:F(`whyInstead`,{what:e.replacedBy})}):null,e.continuations>0?A(`p`,{children:F(`whyContinued`,{n:e.continuations})}):null]})}function _a(e){return e.question||(e.attachments.length>0?F(`saidFiles`):``)}function va({names:e}){let{services:t,credentials:n}=W(),[r,i]=h(new Map),a=et(e[0]??``);return S(()=>{let e=new AbortController;return t.attachments.listAttachments({session:a},{signal:e.signal}).then(({attachments:e})=>i(new Map(e.map(e=>[e.name,e]))),()=>void 0),()=>{e.abort()}},[t,a,e.length]),A(tt,{names:e,token:()=>n.token(),about:e=>r.get(e)})}function ya({session:e}){let{services:t}=W(),n=z(n=>t.review.getConversation({session:e},{signal:n}),[t,e]);return A(`div`,{class:`page`,children:[A(Si,{title:F(`conversationOf`,{time:I(n.value?.session?.createTime)}),children:[A(`a`,{class:`button small`,href:U(`conversations`),children:[A(G,{name:`back`}),` `,F(`allConversations`)]}),A(`a`,{class:`button small`,href:U(`inbox`,Xr(e)),children:F(`openInInbox`)})]}),A(q,{failure:n.failure,retry:n.reload}),n.value===null&&n.failure===null?A(Y,{}):null,A(`ol`,{class:`cards`,children:n.value?.turns.map(e=>A(ba,{reviewed:e},e.turn?.name))})]})}function ba({reviewed:e}){let[t,n]=h(e),[r,i]=h(!1),a=t.turn;if(a===void 0)return null;let o=a.agent===``&&a.text!==``;return A(`li`,{class:`card said`,children:[A(`p`,{class:`soft`,children:I(a.createTime)}),a.question?A(`h2`,{class:`said-question`,dir:`auto`,children:a.question}):null,a.attachments.length>0?A(va,{names:a.attachments}):null,a.withdrawn?A(`p`,{class:`said-withdrawn`,dir:`auto`,children:[F(`withdrawn`),`: `,A(`del`,{children:a.withdrawn})]}):null,A(`p`,{class:`pre`,dir:`auto`,children:a.agent?`${a.agent}: ${a.text}`:a.text}),A(sa,{reviewed:t}),o?A(g,{children:[A(`div`,{class:`row tools`,children:[A(`button`,{type:`button`,class:`button small`,"aria-expanded":r,"aria-label":F(`whyOf`,{question:_a(a)}),onClick:()=>i(!r),children:[A(G,{name:`question`}),` `,F(`whyAsk`)]}),A(Ii,{turn:a})]}),t.marks?A(oa,{turn:a.name,judgement:t.judgement,onJudged:e=>n({...t,judgement:e})}):null,r?A(la,{turn:a.name}):null]}):null]})}var xa=[1,7,30,0],Sa=Ea(j),Ca=Ea(M);function wa({filters:e,onChange:t}){let[n,r]=h(e.words),i=r=>t({...e,...r,words:n}),a=(t,n)=>A(`label`,{class:`check`,children:[A(`input`,{type:`checkbox`,checked:e[t],onChange:e=>i({[t]:e.currentTarget.checked})}),` `,n]});return A(`form`,{class:`stack conversation-filters`,role:`search`,onSubmit:e=>{e.preventDefault(),i({})},children:[A(`div`,{class:`row`,children:[A(Z,{label:F(`findWords`),children:e=>A(`input`,{id:e,class:`field`,type:`search`,dir:`auto`,maxLength:200,value:n,onInput:e=>r(e.currentTarget.value)})}),A(`button`,{type:`submit`,class:`button primary`,children:[A(G,{name:`search`}),` `,F(`search`)]})]}),A(`div`,{class:`row`,children:[A(Ta,{label:F(`language`),value:e.language,onChange:e=>i({language:e}),options:[`en`,`zh`].map(e=>[e,Yr(e)])}),A(Ta,{label:F(`filterSource`),value:e.source===j.UNSPECIFIED?``:String(e.source),onChange:e=>i({source:Number(e)}),options:Sa.map(e=>[String(e),Wi(e)])}),A(Ta,{label:F(`filterReason`),value:e.reason,onChange:e=>i({reason:e}),options:[[`*`,F(`handedOverAny`)],...Ca.map(e=>[String(e),Hi(e)])]}),A(Ta,{label:F(`filterRating`),value:e.rating,onChange:e=>i({rating:e}),options:[[`up`,F(`ratedUp`)],[`down`,F(`ratedDown`)],[`none`,F(`unrated`)]]}),A(Z,{label:F(`filterSince`),children:t=>A(`select`,{id:t,class:`field`,value:e.days,onChange:e=>i({days:Number(e.currentTarget.value)}),children:xa.map(e=>A(`option`,{value:e,children:e===0?F(`allKept`):F(`lastDays`,{count:e})},e))})})]}),A(`div`,{class:`row`,children:[a(`checked`,F(`filterChecked`)),a(`lowSupport`,F(`filterLowSupport`)),a(`reopened`,F(`filterReopened`)),a(`byAction`,F(`filterAction`))]})]})}function Ta(e){return A(Z,{label:e.label,children:t=>A(`select`,{id:t,class:`field`,value:e.value,onChange:t=>e.onChange(t.currentTarget.value),children:[A(`option`,{value:``,children:F(`whichever`)}),e.options.map(([e,t])=>A(`option`,{value:e,children:t},e))]})})}function Ea(e){return Object.values(e).filter(e=>typeof e==`number`&&e!==0)}var Da=864e5,Oa={words:``,language:``,source:j.UNSPECIFIED,rating:``,reason:``,checked:!1,lowSupport:!1,reopened:!1,byAction:!1,days:0},ka={up:Ke.UP,down:Ke.DOWN,none:Ke.UNSPECIFIED};function Aa(e,t,n=Date.now()){let{words:r,language:i,source:a,rating:o,reason:s,checked:c,lowSupport:l,reopened:u,byAction:d,days:f}=e;return{words:r.trim(),languages:i===``?[]:[i],sources:a===j.UNSPECIFIED?[]:[a],ratings:o===``?[]:[ka[o]],reasons:s===``||s===`*`?[]:[Number(s)],handedOver:s===`*`,checked:c,lowSupport:l,reopened:u,action:d?`*`:``,...f>0?{startTime:Lt(n-f*Da)}:{},pageSize:20,pageToken:t}}function ja(){let[e=``]=$r.value.rest,[t,n]=h(Oa);return e===``?A(`div`,{class:`page`,children:[A(Si,{title:F(`conversationsTitle`)}),A(`p`,{class:`soft page-lead`,children:F(`conversationsMore`)}),A(wa,{filters:t,onChange:n}),A(Ma,{filters:t})]}):A(ya,{session:`sessions/${e}`},e)}function Ma({filters:e}){let{services:t}=W(),[n,r]=h({filters:e,count:1}),i=n.filters===e?n.count:1,a=z(async(n,r)=>{let a={conversations:[],nextPageToken:``,lookedAt:0};for(let o=0;o<i;o+=1){let i=await t.review.listConversations(Aa(e,a.nextPageToken),{signal:n});if(a={conversations:[...a.conversations,...i.conversations],nextPageToken:i.nextPageToken,lookedAt:a.lookedAt+i.lookedAt},r(a),a.nextPageToken===``)break}return a},[t,e,i]),o=a.value;return A(g,{children:[A(q,{failure:a.failure,retry:a.reload}),o===null&&a.failure===null?A(Y,{}):null,o?A(`p`,{class:`soft`,role:`status`,children:F(`lookedAt`,{n:L(o.lookedAt)})}):null,o?.conversations.length===0&&o.nextPageToken===``?A(J,{icon:`say`,title:F(`noConversations`),children:F(`noConversationsMore`)}):null,A(`ol`,{class:`cards`,children:o?.conversations.map(e=>A(Na,{found:e},e.session?.name))}),o&&o.nextPageToken!==``?A(`button`,{type:`button`,class:`button`,disabled:a.loading,onClick:()=>r({filters:e,count:i+1}),children:F(`lookFurther`)}):null]})}function Na({found:e}){let[t]=e.matches,n=Xr(e.session?.name??``),r=e.matchCount-e.matches.length;return A(`li`,{class:`card found-conversation`,children:[A(`p`,{class:`soft`,children:A(`a`,{href:U(`conversations`,n),children:F(`conversationOf`,{time:I(t?.turn?.createTime)})})}),e.matches.map(e=>A(`div`,{class:`said`,children:[A(`p`,{class:`said-question`,dir:`auto`,children:e.turn?_a(e.turn):null}),A(`p`,{class:`said-answer`,dir:`auto`,children:e.turn?.text}),A(sa,{reviewed:e})]},e.turn?.name)),r>0?A(`p`,{class:`soft`,children:F(`moreTurns`,{n:r})}):null]})}var Pa=864e5;function Fa(e,t=Date.now()){return new Date(t-e*Pa).toISOString().slice(0,10)}function Ia(){let{services:e}=W(),[t,n]=h(Fa(1)),r=z(n=>e.review.getReviewSample({day:t},{signal:n}),[e,t]),i=z(t=>e.review.getReviewNumbers({},{signal:t}),[e]),a=r.value;return A(`div`,{class:`page`,children:[A(Si,{title:F(`review`)}),A(`p`,{class:`soft page-lead`,children:F(`reviewMore`)}),A(`div`,{class:`row`,children:A(Z,{label:F(`reviewDay`),children:e=>A(`input`,{id:e,class:`field`,type:`date`,required:!0,max:Fa(0),value:t,onChange:e=>e.currentTarget.value?n(e.currentTarget.value):void 0})})}),A(q,{failure:r.failure,retry:r.reload}),a===null&&r.failure===null?A(Y,{}):null,a&&a.answers.length===0?A(J,{icon:`sparkle`,title:F(`noSample`),children:F(`noSampleMore`)}):null,a&&a.answers.length>0?A(g,{children:[a.final?null:A(`p`,{class:`soft`,children:F(`sampleOpen`)}),A(`p`,{class:`hint`,children:F(`reviewKeys`)}),A(La,{sample:a,onJudged:i.reload},a.day),A(za,{sample:a})]}):null,A(q,{failure:i.failure,retry:i.reload}),i.value?A(Ba,{numbers:i.value}):null]})}function La({sample:e,onJudged:t}){let[n,r]=h(e.answers),i=w(null),a=w(-1);return S(()=>{let e=e=>{let t=e.target;if(e.ctrlKey||e.metaKey||e.altKey||t?.closest(`input, textarea, select, dialog`))return;let n=[...i.current?.children??[]],r=n.findIndex(e=>e.contains(document.activeElement)),o=r===-1?a.current:r,s=e.key.toLowerCase();if(s===`j`||s===`k`){let e=o===-1?0:Math.min(Math.max(o+(s===`j`?1:-1),0),n.length-1);a.current=e,n[e]?.focus(),n[e]?.scrollIntoView({block:`nearest`})}else if(o!==-1){let e=n[o]?.querySelector(`[data-verdict="${s}"]`);if(!e)return;e.click()}else return;e.preventDefault()};return addEventListener(`keydown`,e),()=>removeEventListener(`keydown`,e)},[]),A(`ol`,{class:`cards review-sample`,ref:i,onFocusIn:({currentTarget:e,target:t})=>{a.current=[...e.children].findIndex(e=>e.contains(t))},children:n.map((e,n)=>A(Ra,{answer:e,onChange:e=>{r(t=>t.map((t,r)=>r===n?e:t)),t()}},e.turn?.turn?.name??n))})}function Ra({answer:e,onChange:t}){let[n,r]=h(!1),i=e.turn,a=i?.turn;return e.gone||i===void 0||a===void 0?A(`li`,{class:`card said`,tabIndex:-1,children:A(`p`,{class:`soft`,children:F(`answerGone`)})}):A(`li`,{class:`card said`,tabIndex:-1,"aria-label":_a(a),children:[A(`p`,{class:`soft`,children:[A(X,{kind:`accent`,children:ia(e.stratum)}),` `,A(`a`,{href:U(`conversations`,Xr(a.name)),children:F(`conversationOf`,{time:I(a.createTime)})})]}),A(`h2`,{class:`said-question`,dir:`auto`,children:_a(a)}),a.attachments.length>0?A(va,{names:a.attachments}):null,A(`p`,{class:`pre`,dir:`auto`,children:a.text}),A(sa,{reviewed:i}),A(oa,{turn:a.name,judgement:i.judgement,onJudged:n=>t({...e,turn:{...i,judgement:n}})}),A(`div`,{class:`row tools`,children:A(`button`,{type:`button`,class:`button small`,"aria-expanded":n,"aria-label":F(`whyOf`,{question:_a(a)}),onClick:()=>r(!n),children:[A(G,{name:`question`}),` `,F(`whyAsk`)]})}),n?A(la,{turn:a.name}):null]})}function za({sample:e}){return A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":F(`stratum`),children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`stratum`)}),A(`th`,{scope:`col`,class:`figure`,children:F(`answersOf`)}),A(`th`,{scope:`col`,class:`figure`,children:F(`drawnOf`)})]})}),A(`tbody`,{children:e.strata.map(e=>A(`tr`,{children:[A(`th`,{scope:`row`,children:ia(e.stratum)}),A(`td`,{class:`figure`,children:L(e.answers)}),A(`td`,{class:`figure`,children:L(e.drawn)})]},e.stratum))})]})})}function Ba({numbers:e}){let t=[[F(`ofAllQuestions`),e.resolved],[F(`ofAllAnswersRight`),e.right],[F(`verdictHalf`),e.half],[F(`verdictWrong`),e.wrong],[F(`verdictUnsafe`),e.unsafe]];return A(`section`,{"aria-labelledby":`review-numbers`,children:[A(`h2`,{id:`review-numbers`,children:F(`numbersOfReviews`)}),e.judged===0?A(`p`,{class:`soft`,children:F(`noReviews`)}):A(g,{children:[A(`p`,{class:`soft`,children:F(`numbersOfReviewsMore`,{judged:L(e.judged),answers:L(e.answers)})}),A(`dl`,{class:`facts`,children:t.map(([e,t])=>A(Va,{name:e,share:t},e))})]})]})}function Va({name:e,share:t}){return t===void 0?null:A(g,{children:[A(`dt`,{children:e}),A(`dd`,{children:F(`shareInterval`,{share:R(t.share),low:R(t.low),high:R(t.high)})})]})}function Ha(e){let[t,n]=h(null);return S(()=>{if(!e)return;let t=e=>e.preventDefault();addEventListener(`beforeunload`,t);let r=ni(n);return()=>{removeEventListener(`beforeunload`,t),r(),n(null)}},[e]),{asked:t!==null,stay:()=>n(null),leave:()=>{t!==null&&ri(t)}}}function Ua({onClose:e,onStored:t}){let{services:n}=W(),[r,i]=h(null),a=B(),o=e=>{a.run(async()=>{let r=new Uint8Array(await e.arrayBuffer()),a=await n.golden.importGoldenQuestions({lines:r});i(a),a.imported>0&&t()})};return A(N,{kind:`box`,title:F(`importGolden`),closeLabel:F(`close`),onClose:e,children:[A(`div`,{class:`stack`,children:[A(`p`,{children:F(`importGoldenMore`)}),A(Z,{label:F(`chooseFile`),children:(e,t)=>A(`input`,{id:e,class:`field`,type:`file`,accept:`.jsonl,application/jsonl,text/plain`,"aria-describedby":t,disabled:a.busy,onChange:e=>{let t=e.currentTarget.files?.[0];t&&o(t)}})}),A(q,{failure:a.failure}),r!==null&&r.errors.length===0?A(K,{kind:`good`,children:F(`importedGolden`,{count:r.imported})}):null,r!==null&&r.errors.length>0?A(K,{kind:`danger`,children:[F(`importRefused`),A(`ul`,{class:`plain-list`,children:r.errors.map(e=>A(`li`,{class:`breakable`,children:F(`lineWrong`,{n:e.line,text:e.text})},e.line))})]}):null]}),A(`div`,{class:`dialog-actions`,children:A(`button`,{type:`button`,class:`button`,onClick:e,children:F(`close`)})})]})}function Wa({disabled:e}){let{services:t}=W(),n=B();return A(g,{children:[A(`button`,{type:`button`,class:`button`,disabled:e||n.busy,onClick:()=>{n.run(async()=>{let{lines:e}=await t.golden.exportGoldenQuestions({}),n=URL.createObjectURL(new Blob([e.slice().buffer],{type:`application/jsonl`})),r=document.createElement(`a`);r.href=n,r.download=`questions.jsonl`,r.click(),URL.revokeObjectURL(n)})},children:[A(G,{name:`download`}),` `,F(`exportGolden`)]}),A(q,{failure:n.failure})]})}var Ga=We(btoa(`
\x1Bkefu/router/v1/golden.protokefu.router.v1"\xA0
GoldenQuestion\f
name (	\f
text (	
\blanguage (	
before (	\f
kind (	5
person (2%.kefu.router.v1.GoldenQuestion.Person9
\bpolarity\x07 (2'.kefu.router.v1.GoldenQuestion.Polarity9
must\b (\v2+.kefu.router.v1.GoldenQuestion.Alternatives
\bmust_not	 (	\f
note
 (	
\vcollections\v (	
	documents\f (	
\brevision\r (/
\vupdate_time (\v2.google.protobuf.Timestamp
author (	*
last (\v2.kefu.router.v1.GoldenAnswer\f
turn (	
\fAlternatives\r
texts (	"X
Person
PERSON_UNSPECIFIED\0\r
	PERSON_NO
PERSON_ALLOWED
PERSON_REQUIRED"G
\bPolarity
POLARITY_UNSPECIFIED\0
\fPOLARITY_YES
\vPOLARITY_NO"¨
\fGoldenAnswer\f
text (	5
\x07verdict (2$.kefu.router.v1.GoldenAnswer.Verdict\v
why (	,
source (2.kefu.router.v1.AnswerSource/
\x07handoff (2.kefu.router.v1.Handoff.Reason
titles (	\r
model\x07 (	
\fmilliseconds\b (\r(
time	 (\v2.google.protobuf.Timestamp"
\x07Verdict
VERDICT_UNSPECIFIED\0
\rVERDICT_RIGHT
\fVERDICT_HALF
\rVERDICT_WRONG
VERDICT_REFUSED
VERDICT_ASKED_BACK"Ü
\fGoldenResult
\bquestion (	\f
text (	
\blanguage (	,
answer (\v2.kefu.router.v1.GoldenAnswer,
before (\v2.kefu.router.v1.GoldenAnswer3
change (2#.kefu.router.v1.GoldenResult.Change
\vasked_again\x07 (\b"t
Change
CHANGE_UNSPECIFIED\0
\vCHANGE_LOST
\rCHANGE_GAINED
CHANGE_STILL_WRONG
CHANGE_STILL_RIGHT"×
	GoldenRun\f
name (	2
\x07trigger (2!.kefu.router.v1.GoldenRun.Trigger\r
draft (	.
state (2.kefu.router.v1.GoldenRun.State.

start_time (\v2.google.protobuf.Timestamp,
\bend_time (\v2.google.protobuf.Timestamp
author\x07 (	
	questions\b (\r
judged	 (\r\r
right
 (\r
	not_asked\v (\r\f
lost\f (\r
gained\r (\r
\vstill_wrong (\r
\vstill_right (\r
lost_questions (	"\\
\x07Trigger
TRIGGER_UNSPECIFIED\0
TRIGGER_DEMAND
\rTRIGGER_DRAFT
\rTRIGGER_NIGHT"X
State
STATE_UNSPECIFIED\0
\rSTATE_RUNNING
STATE_FINISHED
\rSTATE_STOPPED"^
PutGoldenQuestionRequest0
\bquestion (\v2.kefu.router.v1.GoldenQuestion
\brevision ("M
PutGoldenQuestionResponse0
\bquestion (\v2.kefu.router.v1.GoldenQuestion"(
GetGoldenQuestionRequest\f
name (	"M
GetGoldenQuestionResponse0
\bquestion (\v2.kefu.router.v1.GoldenQuestion"
ListGoldenQuestionsRequest"P
\x1BListGoldenQuestionsResponse1
	questions (\v2.kefu.router.v1.GoldenQuestion"+
\x1BDeleteGoldenQuestionRequest\f
name (	"
DeleteGoldenQuestionResponse"B
ImportGoldenQuestionsRequest\r
lines (\f
\vcollections (	"£
ImportGoldenQuestionsResponse
\bimported (\rG
errors (\v27.kefu.router.v1.ImportGoldenQuestionsResponse.LineError'
	LineError\f
line (\r\f
text (	"
ExportGoldenQuestionsRequest".
ExportGoldenQuestionsResponse\r
lines (\f",
ProposeGoldenQuestionRequest\f
turn (	"a
ProposeGoldenQuestionResponse0
\bquestion (\v2.kefu.router.v1.GoldenQuestion
answer (	"=
RunGoldenQuestionsRequest
	questions (	\r
draft (	"¯
RunGoldenQuestionsEvent,
\x07started (\v2.kefu.router.v1.GoldenRunH\0.
result (\v2.kefu.router.v1.GoldenResultH\0-
\bfinished (\v2.kefu.router.v1.GoldenRunH\0B\x07
event"
ListGoldenRunsRequest"A
ListGoldenRunsResponse'
runs (\v2.kefu.router.v1.GoldenRun"#
GetGoldenRunRequest\f
name (	"m
GetGoldenRunResponse&
run (\v2.kefu.router.v1.GoldenRun-
\x07results (\v2.kefu.router.v1.GoldenResult2Ø\b
GoldenQuestionServiceh
PutGoldenQuestion(.kefu.router.v1.PutGoldenQuestionRequest).kefu.router.v1.PutGoldenQuestionResponseh
GetGoldenQuestion(.kefu.router.v1.GetGoldenQuestionRequest).kefu.router.v1.GetGoldenQuestionResponsen
ListGoldenQuestions*.kefu.router.v1.ListGoldenQuestionsRequest+.kefu.router.v1.ListGoldenQuestionsResponseq
DeleteGoldenQuestion+.kefu.router.v1.DeleteGoldenQuestionRequest,.kefu.router.v1.DeleteGoldenQuestionResponset
ImportGoldenQuestions,.kefu.router.v1.ImportGoldenQuestionsRequest-.kefu.router.v1.ImportGoldenQuestionsResponset
ExportGoldenQuestions,.kefu.router.v1.ExportGoldenQuestionsRequest-.kefu.router.v1.ExportGoldenQuestionsResponset
ProposeGoldenQuestion,.kefu.router.v1.ProposeGoldenQuestionRequest-.kefu.router.v1.ProposeGoldenQuestionResponsej
RunGoldenQuestions).kefu.router.v1.RunGoldenQuestionsRequest'.kefu.router.v1.RunGoldenQuestionsEvent0_
ListGoldenRuns%.kefu.router.v1.ListGoldenRunsRequest&.kefu.router.v1.ListGoldenRunsResponseY
\fGetGoldenRun#.kefu.router.v1.GetGoldenRunRequest$.kefu.router.v1.GetGoldenRunResponsebproto3`),[Me,Xe]),Ka=D(Ga,0),qa=D(Ga,0,0),Ja=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.NO=1]=`NO`,e[e.ALLOWED=2]=`ALLOWED`,e[e.REQUIRED=3]=`REQUIRED`,e}({}),Ya=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.YES=1]=`YES`,e[e.NO=2]=`NO`,e}({}),Xa=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.RIGHT=1]=`RIGHT`,e[e.HALF=2]=`HALF`,e[e.WRONG=3]=`WRONG`,e[e.REFUSED=4]=`REFUSED`,e[e.ASKED_BACK=5]=`ASKED_BACK`,e}({}),Za=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.LOST=1]=`LOST`,e[e.GAINED=2]=`GAINED`,e[e.STILL_WRONG=3]=`STILL_WRONG`,e[e.STILL_RIGHT=4]=`STILL_RIGHT`,e}({}),Qa=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.DEMAND=1]=`DEMAND`,e[e.DRAFT=2]=`DRAFT`,e[e.NIGHT=3]=`NIGHT`,e}({}),$a=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.RUNNING=1]=`RUNNING`,e[e.FINISHED=2]=`FINISHED`,e[e.STOPPED=3]=`STOPPED`,e}({}),eo=Pe(Ga,0);function to(e){switch(e){case Xa.RIGHT:return F(`goldenVerdictRight`);case Xa.HALF:return F(`goldenVerdictHalf`);case Xa.WRONG:return F(`goldenVerdictWrong`);case Xa.REFUSED:return F(`verdictRefused`);case Xa.ASKED_BACK:return F(`verdictAskedBack`);default:return F(`goldenVerdictNone`)}}function no(e){return e===Xa.RIGHT?`good`:e===Xa.UNSPECIFIED?`plain`:`danger`}function ro(e){return e!==void 0&&no(e.verdict)===`danger`}function io(e){switch(e){case Za.LOST:return F(`changeLost`);case Za.GAINED:return F(`changeGained`);case Za.STILL_WRONG:return F(`changeStillWrong`);case Za.STILL_RIGHT:return F(`changeStillRight`);default:return F(`changeNone`)}}function ao(e){switch(e){case Za.LOST:return`danger`;case Za.GAINED:case Za.STILL_RIGHT:return`good`;case Za.STILL_WRONG:return`warn`;default:return`plain`}}function oo(e,t){switch(e.trigger){case Qa.DRAFT:return F(`triggerDraft`);case Qa.NIGHT:return F(`triggerNight`);default:return e.author===``?``:t(e.author)}}function so(e){switch(e.state){case $a.RUNNING:return F(`runRunning`);case $a.FINISHED:return F(`runFinished`);default:return F(`runStopped`)}}function co(e){let{right:t,questions:n,lost:r,gained:i,stillWrong:a,notAsked:o}=e;return F(`runSummary`,{right:t,questions:n,lost:r,gained:i,wrong:a,none:o})}var lo=[Za.LOST,Za.GAINED,Za.STILL_WRONG,Za.UNSPECIFIED,Za.STILL_RIGHT];function uo({run:e,results:t}){let[n,r]=h(!1),i=e=>e.change===Za.STILL_RIGHT||e.change===Za.UNSPECIFIED&&e.answer?.verdict===Xa.RIGHT,a=t.filter(i).length,o=t.filter(e=>n||!i(e)).sort((e,t)=>lo.indexOf(e.change)-lo.indexOf(t.change)||(e.question<t.question?-1:1));return A(`section`,{class:`stack`,"aria-label":F(`verdict`),children:[e.lost+e.gained===0&&t.length>0?A(`p`,{class:`soft`,children:F(`nothingChanged`)}):null,A(`ul`,{class:`plain-list stack`,children:o.map(t=>A(`li`,{class:`card`,children:A(fo,{of:t,isDraft:e.draft!==``})},t.question))}),a>0&&!n?A(`button`,{type:`button`,class:`button`,onClick:()=>r(!0),children:F(`showStillRight`,{n:a})}):null]})}function fo({of:e,isDraft:t}){return A(`article`,{class:`golden-result`,children:[A(`h2`,{dir:`auto`,class:`breakable`,children:A(`a`,{href:U(`golden`,`questions`,V(e.question)),children:e.text})}),A(`p`,{class:`badges`,children:[A(X,{kind:ao(e.change),children:io(e.change)}),e.askedAgain?A(X,{children:F(`askedTwice`)}):null]}),A(`div`,{class:`golden-answers`,children:[A(po,{label:F(t?`answerLive`:`answerBefore`),of:e.before}),A(po,{label:F(t?`answerDraft`:`answerNow`),of:e.answer})]})]})}function po({label:e,of:t,heading:n=`h3`}){return t===void 0?A(`section`,{class:`golden-answer`,"aria-label":e,children:[A(n,{children:e}),A(`p`,{class:`soft`,children:F(`noAnswerBefore`)})]}):A(`section`,{class:`golden-answer is-${no(t.verdict)}`,"aria-label":e,children:[A(n,{children:[e,` `,A(X,{kind:no(t.verdict),children:to(t.verdict)})]}),A(`div`,{dir:`auto`,class:`breakable`,children:t.text===``?A(`p`,{class:`soft`,children:t.titles.length+t.why.length>0?F(`nothingSaid`):F(`answerForgotten`)}):it(t.text)}),t.handoff===M.UNSPECIFIED?null:A(`p`,{class:`soft`,children:F(`calledPerson`,{reason:Hi(t.handoff)})}),A(`p`,{class:`soft`,children:[F(`whyVerdict`),`: `,A(`span`,{lang:`en`,children:t.why})]}),t.titles.length>0?A(`p`,{class:`soft`,children:F(`goldenFoundIn`,{titles:t.titles.join(` · `)})}):null]})}function mo(){let{services:e}=W(),[t,n]=h({run:null,results:[],busy:!1,failure:null}),r=w(null);S(()=>()=>r.current?.abort(),[]);let i=t=>{let i=new AbortController;r.current?.abort(),r.current=i,n({run:null,results:[],busy:!0,failure:null}),(async()=>{let r=[];for await(let{event:a}of e.golden.runGoldenQuestions({questions:[...t]},{signal:i.signal})){a.case===`result`&&r.push(a.value);let e=a.case===`started`||a.case===`finished`?{run:a.value}:{};n(t=>({...t,...e,results:[...r]}))}})().then(()=>{n(e=>({...e,busy:!1}))},e=>{i.signal.aborted||n(t=>({...t,busy:!1,failure:T(e)}))})};return{...t,start:i}}function ho(){let{services:e}=W(),[t,n]=h(!1),[r,i]=h(!1),a=mo(),o=z(async t=>(await e.golden.listGoldenQuestions({},{signal:t})).questions,[e]);S(()=>{!a.busy&&a.run!==null&&o.reload()},[a.busy]);let s=o.value??[],c=s.filter(e=>ro(e.last)),l=r?c:s;return A(g,{children:[A(`div`,{class:`toolbar`,children:[A(`p`,{class:`soft page-lead`,children:F(`goldenMore`)}),A(`div`,{class:`row`,children:[A(`a`,{class:`button`,href:U(`golden`,`new`),children:[A(G,{name:`plus`}),` `,F(`newGolden`)]}),A(`button`,{type:`button`,class:`button`,onClick:()=>n(!0),children:[A(G,{name:`upload`}),` `,F(`importGolden`)]}),A(Wa,{disabled:s.length===0}),A(`button`,{type:`button`,class:`button primary`,disabled:a.busy||s.length===0,onClick:()=>a.start([]),children:[A(G,{name:`question`}),` `,F(`runGolden`)]})]})]}),A(q,{failure:o.failure??a.failure,retry:o.reload}),A(go,{running:a}),o.value===null&&o.failure===null?A(Y,{}):null,o.value!==null&&s.length===0?A(J,{icon:`question`,title:F(`noGolden`),children:F(`noGoldenMore`)}):null,s.length>0?A(g,{children:[A(`label`,{class:`check`,children:[A(`input`,{type:`checkbox`,checked:r,onChange:e=>i(e.currentTarget.checked)}),` `,F(`onlyRed`),` (`,c.length,`)`]}),A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":F(`golden`),children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`goldenQuestion`)}),A(`th`,{scope:`col`,children:F(`verdict`)}),A(`th`,{scope:`col`,children:F(`time`)})]})}),A(`tbody`,{children:l.map(e=>A(`tr`,{children:[A(`th`,{scope:`row`,children:A(`a`,{class:`breakable`,dir:`auto`,href:U(`golden`,`questions`,V(e.name)),children:e.text})}),A(`td`,{children:e.last===void 0?A(X,{children:F(`goldenNotAsked`)}):A(X,{kind:no(e.last.verdict),children:to(e.last.verdict)})}),A(`td`,{children:e.last===void 0?`–`:I(e.last.time)})]},e.name))})]})})]}):null,t?A(Ua,{onClose:()=>n(!1),onStored:()=>{o.reload()}}):null]})}function go({running:e}){let{run:t,results:n,busy:r}=e,i=Ha(r),a=i.asked?A(Q,{title:F(`stopRun`),action:F(`stopAndLeave`),danger:!0,onConfirm:i.leave,onClose:i.stay,children:A(`p`,{children:F(`stopRunMore`)})}):null;if(t===null)return r?A(g,{children:[A(Y,{}),a]}):null;let{questions:o}=t;return r?A(`div`,{class:`golden-progress`,children:[A(`progress`,{max:o,value:n.length,"aria-label":F(`runGolden`)}),A(`p`,{class:`soft`,role:`status`,children:F(`asking`,{judged:n.length,questions:o})}),a]}):A(g,{children:[A(K,{kind:t.lost>0?`danger`:t.right===o?`good`:`warn`,children:co(t)}),A(uo,{run:t,results:n})]})}function _o(e){return{text:e.text,before:e.before.join(`
`),must:e.must.map(e=>e.texts.join(` | `)).join(`
`),mustNot:e.mustNot.join(`
`),polarity:e.polarity,person:e.person===Ja.UNSPECIFIED?Ja.NO:e.person,note:e.note,collection:e.collections[0]??``}}function vo(e,t){let n=bo(e.must).map(e=>e.split(`|`).map(e=>e.trim()).filter(e=>e!==``)),r=t.collections.slice(1);return v(Ka,{name:t.name,text:e.text.trim(),language:e.text.trim()===t.text?t.language:``,kind:t.kind,before:bo(e.before),must:n.filter(e=>e.length>0).map(e=>v(qa,{texts:e})),mustNot:bo(e.mustNot),polarity:e.polarity,person:e.person,note:e.note.trim(),documents:t.documents,turn:t.turn,collections:e.collection===``?[]:[e.collection,...r.filter(t=>t!==e.collection)]})}function yo(e){return e.must.length>0||e.mustNot.length>0||e.polarity!==Ya.UNSPECIFIED||e.person===Ja.REQUIRED}function bo(e){return e.split(`
`).map(e=>e.trim()).filter(e=>e!==``)}function xo({id:e,turn:t}){let{services:n}=W(),r=z(async r=>{if(t!==null){let{question:e,answer:i}=await n.golden.proposeGoldenQuestion({turn:t},{signal:r});return{question:e??v(Ka),answer:i}}if(e===``)return{question:v(Ka),answer:``};let{question:i}=await n.golden.getGoldenQuestion({name:`goldenQuestions/${e}`},{signal:r});return{question:i??v(Ka),answer:``}},[n,e,t]);return A(`div`,{class:`page`,children:[A(Si,{title:F(e===``?`newGolden`:`golden`),children:A(`a`,{class:`button quiet`,href:U(`golden`),children:[A(G,{name:`back`}),` `,F(`golden`)]})}),A(q,{failure:r.failure,retry:r.reload}),r.value===null&&r.failure===null?A(Y,{}):null,r.value===null?null:A(So,{of:r.value,fromTurn:t!==null},`${r.value.question.name}:${r.value.question.revision}`)]})}function So({of:{question:e,answer:t},fromTurn:n}){let{services:r,me:i}=W(),[a,o]=h(e),[s,c]=h(_o(e)),[l,u]=h(null),[d,f]=h(!1),p=B(),m=mo(),_=z(async e=>ki(i,`knowledge`)?(await r.knowledge.listCollections({pageSize:100},{signal:e})).collections.map(e=>e.name):[],[r]),v=[...new Set([..._.value??[],...e.collections])],y=e=>{u(null),c({...s,...e})},b=()=>{let e=vo(s,a);yo(e)?p.run(async()=>{let t=await r.golden.putGoldenQuestion({question:e,revision:a.revision});t.question!==void 0&&(o(t.question),c(_o(t.question)),u(`saved`))}):u(`nothing`)};return A(`div`,{class:`golden-columns`,children:[A(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),b()},children:[n&&a.name===``?A(K,{kind:`info`,children:F(`goldenFromTurn`)}):null,A(Z,{label:F(`goldenQuestion`),hint:F(`goldenQuestionHint`),children:(e,t)=>A(`textarea`,{id:e,class:`field`,dir:`auto`,rows:2,required:!0,value:s.text,"aria-describedby":t,onInput:e=>y({text:e.currentTarget.value})})}),A(Z,{label:F(`goldenMust`),hint:F(`goldenMustHint`),children:(e,t)=>A(`textarea`,{id:e,class:`field`,dir:`auto`,rows:3,value:s.must,"aria-describedby":t,onInput:e=>y({must:e.currentTarget.value})})}),A(Z,{label:F(`goldenMustNot`),hint:F(`goldenMustNotHint`),children:(e,t)=>A(`textarea`,{id:e,class:`field`,dir:`auto`,rows:2,value:s.mustNot,"aria-describedby":t,onInput:e=>y({mustNot:e.currentTarget.value})})}),A(Z,{label:F(`goldenPolarity`),hint:F(`goldenPolarityHint`),children:(e,t)=>A(`select`,{id:e,class:`field`,value:s.polarity,"aria-describedby":t,onChange:e=>y({polarity:Number(e.currentTarget.value)}),children:[A(`option`,{value:Ya.UNSPECIFIED,children:F(`polarityNone`)}),A(`option`,{value:Ya.YES,children:F(`polarityYes`)}),A(`option`,{value:Ya.NO,children:F(`polarityNo`)})]})}),A(Z,{label:F(`goldenPerson`),children:e=>A(`select`,{id:e,class:`field`,value:s.person,onChange:e=>y({person:Number(e.currentTarget.value)}),children:[A(`option`,{value:Ja.NO,children:F(`personNo`)}),A(`option`,{value:Ja.ALLOWED,children:F(`personAllowed`)}),A(`option`,{value:Ja.REQUIRED,children:F(`personRequired`)})]})}),A(Z,{label:F(`goldenBefore`),hint:F(`goldenBeforeHint`),children:(e,t)=>A(`textarea`,{id:e,class:`field`,dir:`auto`,rows:2,value:s.before,"aria-describedby":t,onInput:e=>y({before:e.currentTarget.value})})}),A(Z,{label:F(`goldenCollections`),children:e=>A(`select`,{id:e,class:`field`,value:s.collection,onChange:e=>y({collection:e.currentTarget.value}),children:[A(`option`,{value:``,children:F(`goldenAllCollections`)}),v.map(e=>A(`option`,{value:e,children:H(e)},e))]})}),A(Z,{label:F(`goldenNote`),children:e=>A(`input`,{id:e,class:`field`,dir:`auto`,value:s.note,onInput:e=>y({note:e.currentTarget.value})})}),A(q,{failure:p.failure}),l===`nothing`?A(K,{kind:`danger`,children:F(`goldenNeedsMust`)}):null,l===`saved`?A(K,{kind:`good`,children:F(`goldenSaved`)}):null,A(`div`,{class:`row save-bar`,children:[A(`button`,{type:`submit`,class:`button primary`,disabled:p.busy,children:p.busy?F(`saving`):F(`save`)}),a.name===``?null:A(g,{children:[A(`button`,{type:`button`,class:`button`,disabled:m.busy,onClick:()=>m.start([a.name]),children:F(`runThis`)}),A(`button`,{type:`button`,class:`button danger`,disabled:p.busy,onClick:()=>f(!0),children:F(`delete`)}),A(`span`,{class:`soft mono`,children:V(a.name)})]})]})]}),A(`div`,{class:`stack`,children:[t===``?null:A(`section`,{class:`panel-card`,"aria-label":F(`goldenAnsweredThen`),children:[A(`h2`,{children:F(`goldenAnsweredThen`)}),A(`p`,{class:`pre`,dir:`auto`,children:t})]}),a.last===void 0||m.run!==null?null:A(po,{label:F(`answerNow`),of:a.last,heading:`h2`}),A(q,{failure:m.failure}),A(go,{running:m})]}),d?A(Q,{title:F(`delete`),action:F(`delete`),danger:!0,busy:p.busy,failure:p.failure,onClose:()=>f(!1),onConfirm:()=>{p.run(async()=>{await r.golden.deleteGoldenQuestion({name:a.name}),ii(`golden`)})},children:A(`p`,{children:F(`goldenDeleteMore`,{text:a.text})})}):null]})}function Co(){let{services:e,me:t}=W(),n=z(async n=>{if(!ki(t,`admin`))return new Map;let{keys:r}=await e.admin.listKeys({},{signal:n});return new Map(r.map(e=>[e.name,e.displayName]))},[e,t]),r=e=>e.replace(`tenants/${t.tenant}/`,``),i=e=>e.endsWith(`/${t.subject}`)?t.name:``;return e=>n.value?.get(e)||i(e)||r(e)}function wo(){let{services:e}=W(),t=z(async t=>(await e.golden.listGoldenRuns({},{signal:t})).runs,[e]),n=Co(),r=t.value??[];return A(g,{children:[A(q,{failure:t.failure,retry:t.reload}),t.value===null&&t.failure===null?A(Y,{}):null,t.value!==null&&r.length===0?A(J,{icon:`question`,title:F(`noRuns`)}):null,r.length>0?A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":F(`goldenRuns`),children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`time`)}),A(`th`,{scope:`col`,children:F(`runTrigger`)}),A(`th`,{scope:`col`,children:F(`runOver`)}),A(`th`,{scope:`col`,children:F(`stateOf`)}),A(`th`,{scope:`col`,class:`figure`,children:F(`rightCount`)}),A(`th`,{scope:`col`,class:`figure`,children:F(`lostCount`)}),A(`th`,{scope:`col`,class:`figure`,children:F(`gainedCount`)})]})}),A(`tbody`,{children:r.map(e=>A(`tr`,{children:[A(`th`,{scope:`row`,children:A(`a`,{href:U(`golden`,`runs`,V(e.name)),children:I(e.startTime)})}),A(`td`,{class:`breakable`,children:oo(e,n)||`–`}),A(`td`,{class:`breakable`,children:e.draft===``?F(`overLive`):e.draft}),A(`td`,{children:A(X,{kind:e.state===$a.FINISHED?`plain`:`warn`,children:so(e)})}),A(`td`,{class:`figure`,children:[L(e.right),`/`,L(e.questions)]}),A(`td`,{class:`figure`,children:e.lost>0?A(X,{kind:`danger`,children:L(e.lost)}):`0`}),A(`td`,{class:`figure`,children:L(e.gained)})]},e.name))})]})}):null]})}function To({id:e}){let{services:t}=W(),n=z(n=>t.golden.getGoldenRun({name:`goldenRuns/${e}`},{signal:n}),[t,e]),r=Co(),i=n.value?.run;return A(`div`,{class:`page`,children:[A(Si,{title:i===void 0?F(`goldenRuns`):F(`runOf`,{time:I(i.startTime)}),children:A(`a`,{class:`button quiet`,href:U(`golden`,`runs`),children:[A(G,{name:`back`}),` `,F(`backToRuns`)]})}),A(q,{failure:n.failure,retry:n.reload}),n.value===null&&n.failure===null?A(Y,{}):null,i===void 0?null:A(g,{children:[A(`p`,{class:`soft breakable`,children:[oo(i,r),i.draft===``?F(`overLive`):i.draft,so(i)].filter(Boolean).join(` · `)}),A(K,{kind:i.lost>0?`danger`:i.right===i.questions?`good`:`warn`,children:co(i)}),A(uo,{run:i,results:n.value?.results??[]})]})]})}function Eo(){let{rest:e}=$r.value,[t=``,n=``]=e,r=Ti(e);if(r!==null||t===`new`)return A(xo,{id:``,turn:r},r??``);if(t===`questions`&&n!==``)return A(xo,{id:n,turn:null},n);if(t===`runs`&&n!==``)return A(To,{id:n},n);let i=t===`runs`;return A(`div`,{class:`page`,children:[A(Si,{title:F(i?`goldenRuns`:`golden`)}),A(xi,{label:F(`golden`),items:[{href:U(`golden`),label:F(`golden`),current:!i},{href:U(`golden`,`runs`),label:F(`goldenRuns`),current:i}]}),A(i?wo:ho,{})]})}var Do=3e5,Oo=ae(0);function ko(e){let t=new AbortController,n=async()=>{let{runs:n}=await e.golden.listGoldenRuns({},{signal:t.signal});Oo.value=n.find(e=>e.draft===``&&e.state===$a.FINISHED)?.lost??0},r=()=>{n().catch(e=>{t.signal.aborted||console.warn(`golden runs`,e)})};r();let i=setInterval(r,Do);return()=>{clearInterval(i),t.abort()}}var Ao=12e4,jo={conversations:new Map,agents:[],retold:new Map,connected:!1,known:!1};function Mo(e){return{...e,retold:new Map}}function No(e){return{...e,connected:!1}}function Po(e,t){let n={...e,connected:!0};switch(t.event.case){case`conversation`:{let r=t.event.value,i=qo(e.conversations,r);return{...n,conversations:i,retold:e.retold&&qo(e.retold,r)}}case`deleted`:{let r=t.event.value;return{...n,conversations:Jo(e.conversations,r),retold:e.retold&&Jo(e.retold,r)}}case`agents`:return{...n,agents:t.event.value.agents};case`caughtUp`:return{...n,conversations:e.retold??e.conversations,retold:null,known:!0};default:return n}}function Fo(e,t){return{...e,conversations:qo(e.conversations,t)}}function Io(e,t,n){let r=e.conversations.get(t.session?.name??``);return r!==void 0&&Bo(r,n)?Fo(e,t):e}function Lo(e,t){let n=[],r=[],i=[];for(let a of e.conversations.values())a.session?.state===k.WAITING?n.push(a):Bo(a,t)?r.push(a):i.push(a);return n.sort(Go),r.sort(Go),i.sort((e,t)=>(e.session?.agent??``).localeCompare(t.session?.agent??``)||Go(e,t)),{waiting:n,mine:r,colleagues:i}}function Ro(e,t,n,r){let i=[];for(let[a,o]of t.conversations){let t=e.conversations.get(a);t!==void 0&&Bo(t,n)&&o.session?.state===k.WAITING&&r(a)&&i.push(o)}return i}function zo(e,t){if(!e.mine||e.claimExpireTime===void 0)return null;let n=Rt(e.claimExpireTime)-t;return n<Ao?Math.max(n,0):null}function Bo(e,t){return e.mine&&e.session?.state===k.HUMAN&&e.session.agent===t}function Vo(e,t){let{waiting:n,mine:r}=Lo(e,t);return n.length+r.filter(e=>e.waitingSince!==void 0).length}function Ho(e,t){let{waiting:n,mine:r}=Lo(e,t),i=[...n,...r.filter(e=>e.waitingSince!==void 0)];return new Set(i.map(e=>`${e.session?.name}@${e.waitingSince?Rt(e.waitingSince):0}`))}var Uo=[`low`,`normal`,`high`,`urgent`];function Wo(e){let t=Uo.indexOf(e.triage?.priority??`normal`);return t<0?Uo.indexOf(`normal`):t}function Go(e,t){return Wo(t)-Wo(e)||Ko(e.waitingSince)-Ko(t.waitingSince)||Ko(e.session?.updateTime)-Ko(t.session?.updateTime)}function Ko(e){return e===void 0?2**53-1:Rt(e)}function qo(e,t){let n=t.session?.name??``,r=t.session?.state;return r!==k.WAITING&&r!==k.HUMAN?Jo(e,n):new Map(e).set(n,t)}function Jo(e,t){let n=new Map(e);return n.delete(t),n}var Yo=ae(new Map);function Xo(e,t){Yo.value=new Map(Yo.value).set(e,t)}function Zo(e){let t=new Map(Yo.value);t.delete(e),Yo.value=t}var Qo=new Set;function $o(e){return Yo.value.has(e)&&!Qo.has(e)}var es=`kefu.desk.draft.`;function ts(e){return sessionStorage.getItem(es+e)??``}function ns(e,t){t===``?sessionStorage.removeItem(es+e):sessionStorage.setItem(es+e,t)}function rs(){return[...crypto.getRandomValues(new Uint8Array(16))].map(e=>e.toString(16).padStart(2,`0`)).join(``)}var is={firstMs:500,mostMs:15e3},as=5e3,os=new Set([ie.PermissionDenied,ie.NotFound,ie.Unimplemented,ie.InvalidArgument]);async function ss(e,t,n=is){let r=n.firstMs,i=!1;for(;!t.aborted;){let a=Date.now();try{e.began?.();for await(let a of e.open(t)){if(t.aborted)return;r=n.firstMs,i=!1,e.event(a)}}catch(n){if(t.aborted)return;let{code:r}=ue.from(n),o=r===ie.Unauthenticated;if(Date.now()-a>as&&(i=!1),os.has(r)||o&&i){e.refused(n);return}i=o}if(t.aborted)return;e.lost?.(),await cs(r*(.75+Math.random()/2),t),r=Math.min(r*2,n.mostMs)}}function cs(e,t){return new Promise(n=>{let r=()=>{clearTimeout(i),removeEventListener(`online`,r),t.removeEventListener(`abort`,r),n()},i=setTimeout(r,e);addEventListener(`online`,r),t.addEventListener(`abort`,r)})}var $=ae(jo),ls=ae([]),us=ae(null);function ds(e,t){let n=new AbortController;return $.value=jo,us.value=null,ls.value=[],ss({open:n=>e.desk.watchDesk({agent:t},{signal:n}),began:()=>{$.value=Mo($.value)},event:e=>{let n=$.value;$.value=Po(n,e);let r=ls.value.filter(e=>$.value.conversations.get(e.session?.name??``)?.session?.state===k.WAITING),i=Ro(n,$.value,t,$o);(i.length>0||r.length<ls.value.length)&&(ls.value=[...r,...i])},lost:()=>{$.value=No($.value)},refused:e=>{us.value=T(e),$.value=No($.value)}},n.signal),()=>{n.abort()}}var fs=ae(he(`desk.sound`)===`on`),ps=null;function ms(e){C(`desk.sound`,e?`on`:null),fs.value=e,e&&gs()}function hs(e){let t=null;return oe(()=>{let n=Vo($.value,e);if(document.title=n>0?`(${n}) ${F(`deskTitle`)}`:F(`deskTitle`),!$.value.known)return;let r=Ho($.value,e),i=t!==null&&[...r].some(e=>!t?.has(e));t=r,i&&fs.peek()&&gs()})}function gs(){ps??=new AudioContext;let e=ps;e.resume().then(()=>{for(let[t,n]of[660,880].entries()){let r=e.currentTime+t*.14,[i,a]=[e.createOscillator(),e.createGain()];i.frequency.value=n,a.gain.setValueAtTime(0,r),a.gain.linearRampToValueAtTime(.12,r+.02),a.gain.exponentialRampToValueAtTime(.001,r+.3),i.connect(a).connect(e.destination),i.start(r),i.stop(r+.32)}})}var _s=We(btoa(`
kefu/router/v1/desk.protokefu.router.v1"Ó
\fConversation(
\x07session (\v2.kefu.router.v1.Session(
\x07handoff (\v2.kefu.router.v1.Handoff
\fhandoff_turn (	
\blanguage (	1
\rwaiting_since (\v2.google.protobuf.Timestamp
	escalated (\b
\flast_message\x07 (	\f
mine\b (\b&
triage	 (\v2.kefu.router.v1.Triage5
claim_expire_time
 (\v2.google.protobuf.Timestamp",
Agent\f
name (	
\rconversations (\r"
ListConversationsRequest-
states (2.kefu.router.v1.Session.State
	page_size (

page_token (	\r
queue (	"i
ListConversationsResponse3
\rconversations (\v2.kefu.router.v1.Conversation
next_page_token (	"!
WatchDeskRequest\r
agent (	"
	DeskEvent4
\fconversation (\v2.kefu.router.v1.ConversationH\0
\x07deleted (	H\02
agents (\v2 .kefu.router.v1.DeskEvent.AgentsH\07
	caught_up (\v2".kefu.router.v1.DeskEvent.CaughtUpH\0

\bCaughtUp/
Agents%
agents (\v2.kefu.router.v1.AgentB\x07
event"
ListAgentsRequest";
ListAgentsResponse%
agents (\v2.kefu.router.v1.Agent"H
ClaimSessionRequest
\x07session (	\r
agent (	
	take_over (\b"Y
ClaimSessionResponse2
\fconversation (\v2.kefu.router.v1.Conversation\r
claim ("P
\fReplyRequest
\x07session (	\r
claim (\f
text (	

request_id (	"3
\rReplyResponse"
turn (\v2.kefu.router.v1.Turn"²
ReturnSessionRequest
\x07session (	\r
claim (3
to (2'.kefu.router.v1.ReturnSessionRequest.To"E
To
TO_UNSPECIFIED\0

TO_BOT
\fTO_COLLEAGUE\r
	TO_CLOSED"K
ReturnSessionResponse2
\fconversation (\v2.kefu.router.v1.Conversation2
\vDeskServiceh
ListConversations(.kefu.router.v1.ListConversationsRequest).kefu.router.v1.ListConversationsResponseJ
	WatchDesk .kefu.router.v1.WatchDeskRequest.kefu.router.v1.DeskEvent0S

ListAgents!.kefu.router.v1.ListAgentsRequest".kefu.router.v1.ListAgentsResponseY
\fClaimSession#.kefu.router.v1.ClaimSessionRequest$.kefu.router.v1.ClaimSessionResponseD
Reply.kefu.router.v1.ReplyRequest.kefu.router.v1.ReplyResponse\\
\rReturnSession$.kefu.router.v1.ReturnSessionRequest%.kefu.router.v1.ReturnSessionResponsebproto3`),[Me,Xe,Re]),vs=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.BOT=1]=`BOT`,e[e.COLLEAGUE=2]=`COLLEAGUE`,e[e.CLOSED=3]=`CLOSED`,e}({}),ys=Pe(_s,0),bs=4e3;function xs(e){let t=Te(),n=[...e.draft].length,r=n>bs,i=e.enabled&&!e.busy&&!r&&e.draft.trim()!==``;return A(`form`,{class:`composer`,onSubmit:t=>{t.preventDefault(),i&&e.onSend()},children:[A(`label`,{class:`unseen`,for:t,children:F(`reply`)}),A(`textarea`,{id:t,class:`field`,rows:3,dir:`auto`,value:e.draft,placeholder:e.enabled?F(`replyPlaceholder`):F(`claimToReply`),"aria-describedby":`${t}-hint`,"aria-invalid":r,onInput:t=>e.onDraft(t.currentTarget.value),onKeyDown:t=>{t.key===`Enter`&&(t.ctrlKey||t.metaKey)&&!t.isComposing&&(t.preventDefault(),i&&e.onSend())}}),A(`div`,{class:`composer-foot`,children:[A(`p`,{id:`${t}-hint`,class:`hint ${r?`bad`:``}`,children:n>3500?F(`characters`,{n,most:bs}):e.enabled?F(`replyHint`):F(`claimToReply`)}),A(`button`,{type:`submit`,class:`button primary small`,disabled:!i,children:[A(qe,{name:`send`}),` `,F(`send`)]})]})]})}function Ss(e,t,n,r,i={title:``,hidden:0,before:``,customer:void 0,profile:{}}){return{turns:e,state:t,agent:n,lastEvent:r,stale:!1,...i}}function Cs(e,t,n){let r=[...[...t].reverse(),...e.turns];return{...e,turns:r,before:n,hidden:n===``?0:Math.max(e.hidden-t.length,1)}}function ws(e,t){let n={...e,lastEvent:t.id};switch(t.event.case){case`stateChanged`:return{...n,state:t.event.value.state,agent:t.event.value.agent};case`turnStored`:return{...n,turns:Es(e.turns,t.event.value)};case`missed`:return{...n,stale:!0};default:return n}}function Ts(e,t,n){return e.state===k.HUMAN&&e.agent===t?{...e,state:n,agent:``}:e}function Es(e,t){let n=e.findIndex(e=>e.name===t.name);if(n>=0)return[...e.slice(0,n),t,...e.slice(n+1)];let r=e.length;for(;r>0&&e[r-1].name>t.name;)--r;return[...e.slice(0,r),t,...e.slice(r)]}function Ds(e){return e.flatMap(e=>{let t=e.createTime,n=[],{attachments:r}=e;if((e.question!==``||r.length>0)&&n.push({kind:`customer`,key:`${e.name}?`,text:e.question,time:t,attachments:r}),e.text!==``){let r=e.agent!==``||e.completed?.source===j.PERSON;n.push(r?{kind:`person`,key:`${e.name}!`,text:e.text,time:t,agent:e.agent}:{kind:`kefu`,key:`${e.name}!`,text:e.text,time:t,turn:e})}return e.handoff!==void 0&&n.push({kind:`handoff`,key:`${e.name}#`,handoff:e.handoff}),n})}var Os=3;function ks(e){let t=Ms(e).filter((e,t)=>t===0||!Ls(e));return[...new Set(t.map(e=>e.question))].slice(0,Os)}function As(e){return Ms(e).find(e=>e.triage!==void 0)}function js(e,t){return[...e].reverse().find(e=>e.triage!==void 0&&nn($e,e.triage,t))}function Ms(e){let t=[];return e.filter(e=>{let n=t;return e.question!==``&&(t=e.completed?.choices??[],!Ns(e)&&!Fs(e.question,n))}).reverse()}function Ns({handoff:e,completed:t,triage:n}){return n?.likelihood===1&&(n.intent===`small_talk`||n.intent===`human_request`)?!0:e===void 0?t?.source===j.CANNED||t?.source===j.REFUSED:e.reason===M.CUSTOMER_ASKED||e.reason===M.ABUSE}var Ps=/^(?:(?:第|no|number|option)? ?(?:\d{1,2}|[一二三四五六七八]) ?[个個项項]?|(?:the )?(?:first|second|third|fourth|last)(?: one)?)$/;function Fs(e,t){let n=Is(e);if(n===``||t.length===0)return!1;if(Ps.test(n))return!0;let r=e=>/\p{Script=Han}/u.test(n)?e.includes(n):` ${e} `.includes(` ${n} `);return t.some(e=>r(Is(e)))}function Is(e){return e.toLowerCase().replace(/[^\p{L}\p{N}]+/gu,` `).trim()}function Ls({handoff:e,completed:t}){return e===void 0&&t?.source===j.ACTION}function Rs(e){return e.at(-1)?.completed?.finishReason===Ge.HUMAN}function zs(e){return[...e].reverse().find(e=>e.handoff!==void 0)?.handoff}function Bs(e){switch(e){case Qe.TOKEN:return F(`verifiedByToken`);case Qe.SHARED_SECRET:return F(`verifiedBySecret`);case Qe.EMAIL_CODE:return F(`verifiedByEmail`);default:return F(`verifiedSomehow`)}}function Vs(e){return e.claims.name||e.claims.email||e.sub}function Hs({customer:e}){if(e===void 0)return null;let t=e.method===Qe.SHARED_SECRET;return A(X,{kind:t?`plain`:`good`,children:[A(`span`,{class:`tick`,role:`img`,"aria-label":Bs(e.method),title:Bs(e.method),children:A(qe,{name:t?`alert`:`check`})}),A(`span`,{dir:`auto`,children:Vs(e)})]})}function Us({customer:e,profile:t}){let n=Object.entries(e?.claims??{}),r=Object.entries(t);return A(g,{children:[e?A(`section`,{children:[A(`h3`,{children:F(`customerKnown`)}),A(`p`,{children:A(Hs,{customer:e})}),A(`p`,{class:`soft`,children:[Bs(e.method),e.verifyTime?` (${It(e.verifyTime).toLocaleString()})`:``]}),A(Ws,{entries:[[F(`customerSub`),e.sub],...n]})]}):null,r.length>0?A(`section`,{children:[A(`h3`,{children:F(`claimed`)}),A(`p`,{class:`soft`,children:F(`claimedMore`)}),A(Ws,{entries:r})]}):null]})}function Ws({entries:e}){return A(`dl`,{class:`facts`,children:e.map(([e,t])=>A(`div`,{children:[A(`dt`,{children:e}),A(`dd`,{class:`breakable`,dir:`auto`,children:t})]},e))})}function Gs(e,t){if(t!==void 0)return{of:`tenant`,value:t};let n=e.map(e=>e.signals?.minRelevance??0).find(e=>e>0);return n===void 0?{of:`unknown`}:{of:`collection`,value:n}}var Ks=.5;function qs(e,t){return e.relevance>=(t??(e.signals?.minRelevance||Ks))}function Js(e){return[...e].sort((e,t)=>t.relevance-e.relevance)}function Ys(e){return Number(e?.seconds??0n)*1e3+(e?.nanos??0)/1e6}var Xs=3,Zs=.85;async function Qs(e,t,n){let{settings:r}=await e.admin.getTenantSettings({},{signal:n}).catch(()=>({settings:void 0}));for(let i of t){let t=await e.knowledge.search({query:i,topK:Xs,audience:Tr.EVERYONE},{signal:n}),a=t.hits.filter(e=>qs(e,r?.minRelevance)),o=(t.curatedMatch?.cosine??0)>Zs?t.curatedMatch?.curatedAnswer:void 0;if(a.length>0||o)return{question:i,hits:a,curated:o}}return{question:``,hits:[],curated:void 0}}function $s({questions:e,canInsert:t,onInsert:n}){let{services:r}=W(),i=z(t=>Qs(r,e,t),[r,e.join(`
`)]),a=i.value?.curated;return A(`section`,{class:`suggestions`,children:[A(`h3`,{children:F(`suggestions`)}),A(q,{failure:i.failure,retry:i.reload}),i.value===null&&i.failure===null?A(Y,{}):null,i.value?.question?A(`p`,{class:`soft`,dir:`auto`,children:F(`suggestionsFor`,{question:i.value.question})}):null,A(`ul`,{children:[a?A(ec,{title:a.questions[0]??``,text:a.answer,label:F(`curatedAnswer`),canInsert:t,onInsert:n}):null,i.value?.hits.map(e=>A(ec,{title:[e.passage?.title,...e.passage?.headings??[]].join(` › `),text:e.passage?.text??``,label:R(e.relevance),canInsert:t,onInsert:n},e.passage?.name))]}),i.value?.question===``?A(`p`,{class:`soft`,children:F(`nothingFound`)}):null]})}function ec(e){return A(`li`,{class:`suggestion`,children:[A(`p`,{class:`suggestion-head`,children:[A(`strong`,{dir:`auto`,children:e.title}),` `,A(X,{children:e.label})]}),A(`div`,{class:`suggestion-text`,dir:`auto`,tabIndex:0,role:`group`,"aria-label":e.title,children:A(nt,{pieces:[{text:e.text,marked:!1}]})}),A(`button`,{type:`button`,class:`button small`,disabled:!e.canInsert,onClick:()=>e.onInsert(rt(e.text)),"aria-label":F(`insertNamed`,{title:e.title}),children:F(`insert`)})]})}var tc=120;function nc(e){return[...new Set(e.map(e=>e.triage?.queue??``).filter(e=>e!==``))].sort()}function rc({triage:e}){if(e===void 0)return null;let{priority:t,queue:n}=e;return A(g,{children:[t===`normal`||t===``?null:A(X,{kind:t===`urgent`?`danger`:t===`high`?`warn`:`plain`,children:[F(`triagePriority`),`: `,$i(t)]}),n?A(X,{children:[F(`triageQueue`),`: `,A(`span`,{dir:`auto`,children:n})]}):null]})}function ic({triage:e,turns:t}){let n=As(t),r=e&&js(t,e);return n?.triage===void 0||n===r?e?A(sc,{title:F(`triageTitle`),of:e,message:r?.question}):null:A(g,{children:[A(sc,{title:F(`triageTitle`),of:n.triage,message:n.question}),e&&oc(e,n.triage)?A(sc,{title:F(`triagePressing`),of:e,message:r?.question}):null]})}var ac=[`low`,`normal`,`high`,`critical`];function oc(e,t){return e.rules.length+e.signals.length>0||e.abuse||ac.indexOf(e.urgency)>ac.indexOf(t.urgency)}function sc({title:e,of:t,message:n}){let r=[[F(`triageIntent`),t.intent?`${Xi(t.intent)} (${R(t.likelihood)})`:F(`triageUnknown`)],[F(`triageUrgency`),Zi(t.urgency)],[F(`triageMood`),Qi(t.mood)]];return t.abuse&&r.push([F(`triageAbuse`),F(`triageYes`)]),t.priority!==``&&t.priority!==`normal`&&r.push([F(`triagePriority`),$i(t.priority)]),t.queue&&r.push([F(`triageQueue`),t.queue]),t.actionRisk&&r.push([F(`triageRisk`),ea(t.actionRisk)]),t.needsPerson&&r.push([F(`triagePerson`),F(`triageYes`)]),A(`section`,{children:[A(`h3`,{children:e}),n?A(`p`,{class:`soft breakable`,dir:`auto`,children:F(`triageOf`,{message:cc(n)})}):null,A(`dl`,{class:`facts`,children:[r.map(([e,t])=>A(`div`,{children:[A(`dt`,{children:e}),A(`dd`,{class:`breakable`,dir:`auto`,children:t})]},e)),t.rules.length>0?A(`div`,{children:[A(`dt`,{children:F(`triageRules`)}),A(`dd`,{class:`breakable`,children:t.rules.join(`, `)})]}):null]}),t.signals.length>0?A(g,{children:[A(`p`,{children:F(`triageSignals`)}),A(`ul`,{class:`tried`,children:t.signals.map(e=>A(`li`,{children:ta(e.kind,e.count)},e.kind))})]}):null,t.compared?null:A(`p`,{class:`soft`,children:F(`triageWordsAlone`)})]})}function cc(e){return e.length>tc?`${e.slice(0,tc).trimEnd()}…`:e}function lc(e){let{handoff:t}=e,n=ks(e.turns);return A(`aside`,{class:`context`,"aria-label":F(`aboutConversation`),children:A(`details`,{class:`context-fold`,open:!matchMedia(`(max-width: 70rem)`).matches,children:[A(`summary`,{children:F(`aboutConversation`)}),t?A(uc,{handoff:t}):A(`p`,{class:`soft`,children:F(`uninvitedMore`)}),A(ic,{triage:e.conversation?.triage,turns:e.turns}),A(Us,{...e.known}),A(`dl`,{class:`facts`,children:[e.conversation?.language?A(g,{children:[A(`dt`,{children:F(`language`)}),A(`dd`,{children:Yr(e.conversation.language)})]}):null,e.conversation?.session?.user?A(g,{children:[A(`dt`,{children:F(`user`)}),A(`dd`,{class:`breakable`,children:e.conversation.session.user})]}):null,e.conversation?.session?.createTime?A(g,{children:[A(`dt`,{children:F(`begun`)}),A(`dd`,{children:I(e.conversation.session.createTime)})]}):null]}),n.length>0?A($s,{questions:n,canInsert:e.canInsert,onInsert:e.onInsert}):null]})})}function uc({handoff:e}){let t=ki(W().me,`knowledge`);return A(g,{children:[A(`section`,{children:[A(`h3`,{children:F(`why`)}),A(`p`,{class:`why`,children:[A(X,{kind:`warn`,children:Hi(e.reason)}),e.subject?A(X,{kind:`danger`,children:e.subject}):null,e.sentiment===Be.UNSPECIFIED?null:A(X,{kind:e.sentiment===Be.NEGATIVE?`danger`:`plain`,children:qi(e.sentiment)}),e.outOfHours?A(X,{children:F(`outOfHours`)}):null]}),e.summary?A(`p`,{class:`summary`,dir:`auto`,children:e.summary}):null]}),e.slots.length>0?A(`section`,{children:[A(`h3`,{children:F(`toldAlready`)}),A(`dl`,{class:`facts`,children:e.slots.map((e,t)=>A(`div`,{children:[A(`dt`,{children:Ji(e.kind)}),A(`dd`,{class:`breakable`,children:e.value})]},t))})]}):null,e.passages.length>0?A(`section`,{children:[A(`h3`,{children:F(`passagesTried`)}),A(`ul`,{class:`tried`,children:e.passages.map(e=>A(`li`,{children:[t?A(`a`,{href:U(`knowledge`,H(e.name),`documents`,e.name.split(`/`)[3]??``),children:e.title}):e.title,A(`span`,{class:`soft`,children:R(e.relevance)})]},e.name))})]}):null]})}var dc=100;async function fc(e,t,n){let{session:r}=await e.chat.getSession({name:t},{signal:n}),{turns:i,nextPageToken:a}=await e.chat.listTurns({session:t,pageSize:dc,latestFirst:!0},{signal:n}),o=a===``?0:Math.max((r?.turnCount??0)-i.length,1),s={title:r?.title??``,hidden:o,before:a,customer:r?.customer,profile:r?.profile??{}};return Ss(i.reverse(),r?.state??0,r?.agent??``,r?.lastEvent??``,s)}function pc(e,t){let[n,r]=h(null),[i,a]=h(null),[o,s]=h(!1),[c,l]=h(0),u=w(null),d=e=>{u.current!==null&&(u.current=e(u.current),r(u.current))},f=()=>{l(e=>e+1)};return S(()=>{let n=new AbortController;return a(null),fc(e,t,n.signal).then(i=>{n.signal.aborted||(u.current=i,r(i),ss({open:n=>e.chat.watchSession({session:t,after:u.current?.lastEvent??``},{signal:n}),began:()=>s(!0),event:e=>{d(t=>ws(t,e)),u.current?.stale&&f()},lost:()=>{s(!1),u.current?.lastEvent===``&&f()},refused:e=>{s(!1),a(T(e))}},n.signal))},e=>{n.signal.aborted||a(T(e))}),()=>{n.abort()}},[e,t,c]),{conversation:n,failure:i,live:o,reload:f,earlier:async()=>{let n=u.current?.before??``;if(n===``)return;let r=await e.chat.listTurns({session:t,pageSize:dc,pageToken:n,latestFirst:!0});d(e=>e.before===n?Cs(e,r.turns,r.nextPageToken):e)},add:e=>{d(t=>({...t,turns:Es(t.turns,e)}))},hold:e=>{d(t=>({...t,...e}))},returned:(e,t)=>{d(n=>Ts(n,e,t))}}}function mc(e){return e.code===ie.NotFound}function hc({turns:e,hidden:t,onEarlier:n}){return A(`ol`,{class:`messages`,children:[t>0?A(`li`,{class:`messages-earlier`,children:A(`button`,{type:`button`,class:`button small`,onClick:n,children:F(`showEarlier`,{n:t})})}):null,Ds(e).map(e=>A(`li`,{class:`message from-${e.kind}`,children:A(gc,{message:e})},e.key))]})}function gc({message:e}){if(e.kind===`handoff`)return A(`p`,{class:`handoff-line`,children:[A(qe,{name:`person`}),` `,F(`handedOver`),`: `,Hi(e.handoff.reason)]});let t=e.kind===`kefu`?e.turn.completed?.cards:void 0,n=e.kind===`customer`?F(`customer`):e.kind===`kefu`?F(`kefu`):e.agent;return A(g,{children:[A(`p`,{class:`message-head`,children:[A(`strong`,{children:n}),e.kind===`kefu`?A(_c,{turn:e.turn}):null,A(`time`,{children:I(e.time)})]}),e.kind===`kefu`&&e.turn.withdrawn!==``?A(`p`,{class:`message-withdrawn`,dir:`auto`,children:[F(`withdrawn`),`: `,A(`del`,{children:e.turn.withdrawn})]}):null,e.kind===`customer`&&e.attachments.length>0?A(va,{names:e.attachments}):null,A(`p`,{class:`message-text`,dir:`auto`,children:t?t.text:e.text}),t?A(at,{cards:t.cards,open:F(`openCard`)}):null,e.kind===`kefu`?A(vc,{turn:e.turn}):null]})}function _c({turn:e}){return e.state===Ie.RUNNING?A(X,{children:F(`stillWriting`)}):e.completed===void 0?null:A(X,{children:Wi(e.completed.source)})}function vc({turn:e}){let t=[...new Map((e.completed?.citations??[]).map(e=>[e.number,e])).values()];return A(g,{children:[t.length>0?A(`ul`,{class:`message-sources`,"aria-label":F(`sources`),children:t.map(e=>A(`li`,{children:[`[`,e.number,`] `,e.title]},e.number))}):null,e.rating===Ke.UNSPECIFIED?null:A(`div`,{class:`message-rating ${e.rating===Ke.UP?`up`:`down`}`,children:[A(`p`,{children:[A(qe,{name:e.rating===Ke.UP?`up`:`down`}),e.rating===Ke.UP?F(`ratedUp`):F(`ratedDown`)]}),e.ratingComment?A(`p`,{class:`rating-comment`,dir:`auto`,children:[`“`,e.ratingComment,`”`]}):null]})]})}function yc({name:e}){let{services:t,agent:n}=W(),r=pc(t,e),i=$.value.conversations.get(e),a=Yo.value.get(e),[o,s]=h(null),[c,l]=h(null),[u,d]=h(ts(e)),f=B(),p=w({text:``,id:``}),m=w(!1),{conversation:_}=r,v=_?.state===k.HUMAN,y=v&&_.agent===n&&(i?.mine??a!==void 0),b=y&&a!==void 0,x=t=>{ns(e,t),d(t)},C=async i=>{try{let a=await t.desk.claimSession({session:e,agent:n,takeOver:i});Xo(e,a.claim),a.conversation&&($.value=Fo($.value,a.conversation)),r.hold({state:k.HUMAN,agent:n}),s(null),l(null)}catch(e){let t=T(e);if(t.reason!==`ALREADY_CLAIMED`)throw e;s({kind:`claimed`,agent:t.metadata.agent??``}),l(null)}};S(()=>{y&&a===void 0&&i?.mine===!0&&f.run(()=>C(!1))},[y,a===void 0,i?.mine]),S(()=>{a===void 0||_===null||m.current||v&&_.agent===n||f.run(async()=>{let{session:i}=await t.chat.getSession({name:e});i?.state===k.HUMAN&&i.agent===n?r.hold(i):ee(i?.state===k.HUMAN?i.agent:``)})},[_?.state,_?.agent]);let ee=t=>{Zo(e),s({kind:`lost`,agent:t===n?``:t})},te=async n=>{if(a!==void 0)try{await n(a)}catch(n){if(T(n).reason!==`CLAIM_LOST`)throw n;let{session:i}=await t.chat.getSession({name:e});i&&r.hold(i),ee(i?.state===k.HUMAN?i.agent:``)}},ne=()=>{let n=u.trim();n!==``&&(p.current.text!==n&&(p.current={text:n,id:rs()}),f.run(()=>te(async i=>{let{turn:a}=await t.desk.reply({session:e,claim:i,text:n,requestId:p.current.id});p.current={text:``,id:``},a&&r.add(a),d(e=>e.trim()===n?``:e),ns(e,``)})))},re=(i,a)=>{m.current=!0,f.run(()=>te(async o=>{Qo.add(e);let s=await t.desk.returnSession({session:e,claim:o,to:i});Zo(e),s.conversation&&($.value=Io($.value,s.conversation,n)),r.returned(n,a),l(null)}).finally(()=>{Qo.delete(e),m.current=!1}))},ie=()=>{i?.waitingSince!==void 0&&_!==null&&!Rs(_.turns)?l(`return`):re(vs.BOT,k.RETURNED)};if(_===null)return A(`div`,{class:`conversation`,children:A(`div`,{class:`conversation-main`,children:r.failure&&mc(r.failure)?A(J,{icon:`inbox`,title:F(`conversationGone`),children:A(`a`,{href:U(`inbox`),children:F(`backToInbox`)})}):r.failure?A(q,{failure:r.failure,retry:r.reload}):A(Y,{})})});let ae=_.state===k.CLOSED,oe=i?.handoff??zs(_.turns),se=i?.session??_;return A(`div`,{class:`conversation`,children:[A(`section`,{class:`conversation-main`,"aria-label":F(`conversation`),children:[A(`header`,{class:`conversation-head`,children:[A(`a`,{class:`button quiet icon small only-narrow`,href:U(`inbox`),"aria-label":F(`backToInbox`),children:A(G,{name:`back`})}),A(`div`,{class:`conversation-title`,children:[A(`h2`,{dir:`auto`,children:i?.session?.title||_.title||F(`noTitle`)}),A(`p`,{class:`soft`,children:[A(X,{kind:y?`good`:v?`accent`:_.state===k.WAITING?`warn`:`plain`,children:y?F(`heldByMe`):v?F(`heldBy`,{agent:_.agent}):Ki(_.state)}),` `,A(Hs,{customer:se.customer}),` `,i?.waitingSince?F(`waitsSince`,{time:Gr(i.waitingSince)}):null]})]}),A(`div`,{class:`conversation-actions`,children:b?A(g,{children:[A(`button`,{type:`button`,class:`button small`,disabled:f.busy,onClick:ie,children:F(`returnToKefu`)}),A(`button`,{type:`button`,class:`button small`,disabled:f.busy,onClick:()=>re(vs.COLLEAGUE,k.WAITING),children:F(`passOn`)}),A(`button`,{type:`button`,class:`button small quiet`,disabled:f.busy,onClick:()=>l(`close`),children:F(`closeConversation`)})]}):ae?null:v?A(`button`,{type:`button`,class:`button small`,disabled:f.busy,onClick:()=>l(`takeOver`),children:F(`takeOverFrom`,{agent:_.agent})}):A(`button`,{type:`button`,class:`button small primary`,disabled:f.busy,onClick:()=>f.run(()=>C(!1)),children:F(`takeOver`)})})]}),A(`div`,{class:`conversation-notices`,children:[r.live?null:A(K,{kind:`warn`,children:F(`connectionLost`)}),A(q,{failure:f.failure}),o?A(K,{kind:`danger`,children:[bc(o,u!==``),` `,ae?null:A(`button`,{type:`button`,class:`button small`,onClick:()=>v?l(`takeOver`):f.run(()=>C(!1)),children:F(`takeBack`)})]}):null]}),A(xc,{turns:_.turns,children:A(hc,{turns:_.turns,hidden:_.hidden,onEarlier:()=>f.run(r.earlier)})}),ae?A(`p`,{class:`composer-closed`,children:F(`closedMore`)}):A(xs,{draft:u,onDraft:x,onSend:ne,busy:f.busy,enabled:b})]}),A(lc,{handoff:oe,conversation:i,known:{customer:se.customer,profile:se.profile},turns:_.turns,onInsert:e=>x(u.trim()===``?e:`${u.trimEnd()}\n${e}`),canInsert:b}),c===`takeOver`?A(Q,{title:F(`takeOverFrom`,{agent:_.agent}),action:F(`takeOver`),busy:f.busy,failure:f.failure,onConfirm:()=>f.run(()=>C(!0)),onClose:()=>l(null),children:A(`p`,{children:F(`takeOverMore`,{agent:_.agent})})}):null,c===`return`?A(Q,{title:F(`returnUnanswered`),action:F(`returnToKefu`),busy:f.busy,failure:f.failure,onConfirm:()=>re(vs.BOT,k.RETURNED),onClose:()=>l(null),children:A(`p`,{children:F(`returnUnansweredMore`)})}):null,c===`close`?A(Q,{title:F(`closeConversation`),action:F(`closeConversation`),danger:!0,busy:f.busy,failure:f.failure,onConfirm:()=>re(vs.CLOSED,k.CLOSED),onClose:()=>l(null),children:A(`p`,{children:F(`closeMore`)})}):null]})}function bc(e,t){let n=e.agent===``?F(`claimLapsed`):F(`failAlreadyClaimed`,{agent:e.agent});return e.kind===`lost`&&t?`${n} ${F(`draftKept`)}`:n}function xc({turns:e,children:t}){let n=w(null),r=w(!0),[i,a]=h(!1),o=()=>{n.current?.scrollTo({top:n.current.scrollHeight}),a(!1)};return Se(()=>{r.current?o():a(!0)},[e.at(-1)?.name]),A(`div`,{class:`scroll-frame`,children:[A(`div`,{class:`scroll`,ref:n,tabIndex:0,role:`log`,"aria-label":F(`messages`),onScroll:e=>{let{scrollTop:t,scrollHeight:n,clientHeight:i}=e.currentTarget;r.current=n-t-i<48,r.current&&a(!1)},children:t}),i?A(`button`,{type:`button`,class:`button small primary unread`,onClick:o,children:F(`newMessages`)}):null]})}function Sc({onOpen:e}){let{services:t}=W(),n=[k.RETURNED,k.CLOSED],r=z(async e=>(await t.desk.listConversations({states:n,pageSize:100},{signal:e})).conversations,[t]);return r.failure?A(q,{failure:r.failure,retry:r.reload}):r.value===null?A(Y,{}):r.value.length===0?A(J,{icon:`inbox`,title:F(`noneEnded`)}):A(`ul`,{class:`plain-list`,children:r.value.map(t=>A(`li`,{children:A(`a`,{class:`conversation-item`,href:U(`inbox`,Xr(t.session?.name??``)),onClick:e,children:[A(`span`,{class:`item-top`,children:[A(`span`,{class:`item-title`,dir:`auto`,children:t.session?.title||F(`noTitle`)}),A(`span`,{class:`item-wait`,children:I(t.session?.updateTime)})]}),A(`span`,{class:`item-last`,dir:`auto`,children:t.lastMessage}),A(`span`,{class:`item-tags`,children:A(X,{children:Ki(t.session?.state??k.UNSPECIFIED)})})]})},t.session?.name))})}function Cc({conversation:e,open:t}){let{session:n,handoff:r,waitingSince:i}=e,a=Xr(n?.name??``),o=zo(e,Ur.value),s=n?.state===k.HUMAN,c=e.lastMessage===n?.title;return A(`a`,{class:`conversation-item`,href:U(`inbox`,a),"aria-current":a===t?`true`:void 0,children:[A(`span`,{class:c?`item-top alone`:`item-top`,children:[A(`span`,{class:`item-title`,dir:`auto`,children:n?.title||F(`noTitle`)}),i?A(`span`,{class:`item-wait ${e.escalated?`late`:``}`,children:[A(G,{name:`clock`}),A(`span`,{class:`unseen`,children:[F(`waitsFor`),` `]}),Gr(i,Ur.value)]}):null]}),c?null:A(`span`,{class:`item-last`,dir:`auto`,children:e.lastMessage}),A(`span`,{class:`item-tags`,children:[e.escalated?A(X,{kind:`danger`,children:[A(qe,{name:`alert`}),` `,F(`escalated`)]}):null,A(rc,{triage:e.triage}),A(Hs,{customer:n?.customer}),o===null?null:A(X,{kind:`danger`,children:F(`lapsesIn`,{time:Wr(o)})}),s?A(X,{kind:`accent`,children:n.agent}):null,r?A(X,{children:Hi(r.reason)}):A(X,{children:F(`uninvited`)}),e.language?A(X,{children:Yr(e.language)}):null]})]})}var wc=4,Tc=new Set([`ALREADY_CLAIMED`,`CLAIM_LOST`,`SESSION_CLOSED`,`SESSION_NOT_FOUND`]);async function Ec(e,t,n,r){let i={closed:0,skipped:0},a=[...n];return await Promise.all(Array.from({length:wc},async()=>{for(let n=a.shift();n!==void 0;n=a.shift()){try{let{claim:r}=await e.desk.claimSession({session:n,agent:t,takeOver:!1});await e.desk.returnSession({session:n,claim:r,to:vs.CLOSED}),i={...i,closed:i.closed+1}}catch(e){if(!Tc.has(T(e).reason))throw a.length=0,e;i={...i,skipped:i.skipped+1}}r(i)}})),i}var Dc=e=>e.session?.name??``,Oc=e=>e.handoff?Hi(e.handoff.reason):F(`uninvited`);function kc(e){let{open:t}=e,{services:n,agent:r}=W(),[i,a]=h(``),o=nc(e.conversations),s=o.includes(i)?i:``,c=s?e.conversations.filter(e=>e.triage?.queue===s):e.conversations,[l,u]=h(!1),[d,f]=h(new Set),[p,m]=h(!1),[_,v]=h(null),[y,b]=h(null),x=B(),S=c.map(Dc).filter(e=>d.has(e)),C=[...new Set(c.map(Oc))],ee=e=>{u(e),f(new Set),b(null)},w=(e,t)=>{let n=new Set(d);t?n.add(e):n.delete(e),f(n)},T=e=>{f(new Set(c.filter(t=>e===`all`||Oc(t)===e).map(Dc)))};return A(g,{children:[A(`section`,{class:`conversations`,"aria-label":F(`waiting`),children:[A(`div`,{class:`conversations-head`,children:[A(`h2`,{children:[F(`waiting`),` `,A(`span`,{class:`count`,children:c.length})]}),c.length>1||l?A(`button`,{type:`button`,class:`button quiet small`,"aria-pressed":l,onClick:()=>ee(!l),children:F(l?`selectDone`:`select`)}):null]}),o.length>0?A(`select`,{class:`field`,"aria-label":F(`triageQueue`),value:s,onChange:e=>a(e.currentTarget.value),children:[A(`option`,{value:``,children:F(`triageAllQueues`)}),o.map(e=>A(`option`,{value:e,children:e},e))]}):null,l?A(`div`,{class:`select-tools`,children:[A(`select`,{class:`field`,"aria-label":F(`selectBy`),value:``,onChange:e=>T(e.currentTarget.value),children:[A(`option`,{value:``,disabled:!0,hidden:!0,children:F(`selectBy`)}),A(`option`,{value:`all`,children:F(`selectAll`)}),C.map(e=>A(`option`,{value:e,children:e},e))]}),A(`button`,{type:`button`,class:`button small danger`,disabled:S.length===0,onClick:()=>m(!0),children:F(`closeSelected`,{count:S.length})})]}):null,y?A(K,{kind:`good`,children:[F(`closedSelected`,{count:y.closed}),` `,y.skipped>0?F(`skippedSelected`,{count:y.skipped}):``]}):null,c.length===0?A(`p`,{class:`none`,children:F(`nobodyWaits`)}):A(`ul`,{children:c.map(e=>{let n=Dc(e),r=A(Cc,{conversation:e,open:t});return l?A(`li`,{class:`selectable`,children:[A(`input`,{type:`checkbox`,"aria-label":F(`selectConversation`,{title:e.session?.title||F(`noTitle`)}),checked:d.has(n),onChange:e=>w(n,e.currentTarget.checked)}),r]},n):A(`li`,{children:r},n)})})]}),p?A(Q,{title:F(`closeSelected`,{count:S.length}),action:F(`closeSelected`,{count:S.length}),danger:!0,busy:x.busy||S.length===0,failure:x.failure,onConfirm:()=>{v({closed:0,skipped:0}),x.run(async()=>{try{let e=await Ec(n,r,S,v);ee(!1),b(e),m(!1)}finally{v(null)}})},onClose:()=>m(!1),children:[A(`p`,{children:F(`closeSelectedMore`)}),_?A(`p`,{role:`status`,children:[A(`progress`,{max:S.length+_.closed+_.skipped,value:_.closed+_.skipped}),` `,F(`closingSelected`,{done:_.closed+_.skipped,count:S.length+_.closed+_.skipped})]}):null]}):null]})}function Ac(){let{agent:e}=W(),[t,n]=h(!1),r=$r.value.rest[0]??``;return A(`div`,{class:`inbox ${r===``?``:`is-open`}`,children:[A(`div`,{class:`inbox-list`,children:[A(`header`,{class:`page-head`,children:[A(`h1`,{children:F(`inbox`)}),A(`button`,{type:`button`,class:`button quiet small`,onClick:()=>n(!0),children:F(`endedConversations`)})]}),A(jc,{agent:e,open:r})]}),r===``?A(`div`,{class:`inbox-none`,children:A(J,{icon:`inbox`,title:F(`chooseConversation`),children:F(`chooseConversationMore`)})}):A(yc,{name:`sessions/${r}`},r),t?A(N,{kind:`panel`,title:F(`endedConversations`),closeLabel:F(`close`),onClose:()=>n(!1),children:A(Sc,{onOpen:()=>n(!1)})}):null]})}function jc({agent:e,open:t}){let n=$.value,{waiting:r,mine:i,colleagues:a}=Lo(n,e);return!n.known&&us.value===null?A(Y,{}):A(g,{children:[A(q,{failure:us.value}),!n.connected&&us.value===null?A(K,{kind:`warn`,children:F(`connectionLost`)}):null,ls.value.map(e=>A(K,{kind:`warn`,children:[F(`lapsed`,{title:e.session?.title||F(`noTitle`)}),` `,A(`a`,{href:U(`inbox`,Xr(e.session?.name??``)),children:F(`lapsedOpen`)})]},e.session?.name)),A(kc,{conversations:r,open:t}),A(Mc,{title:F(`mine`),conversations:i,open:t,none:F(`noneMine`)}),A(Mc,{title:F(`colleaguesHold`),conversations:a,open:t,none:F(`noneColleagues`)}),A(`section`,{class:`presence`,"aria-labelledby":`presence-title`,children:[A(`h2`,{id:`presence-title`,children:F(`present`)}),A(`ul`,{children:n.agents.map(t=>A(`li`,{children:[A(`span`,{class:`dot`,"aria-hidden":`true`}),A(`span`,{class:`presence-name`,children:t.name===e?F(`you`,{name:t.name}):t.name}),A(`span`,{class:`soft`,children:F(`holds`,{count:t.conversations})})]},t.name))})]})]})}function Mc(e){return A(`section`,{class:`conversations`,"aria-label":e.title,children:[A(`h2`,{children:[e.title,` `,A(`span`,{class:`count`,children:e.conversations.length})]}),e.conversations.length===0?A(`p`,{class:`none`,children:e.none}):A(`ul`,{children:e.conversations.map(t=>A(`li`,{children:A(Cc,{conversation:t,open:e.open})},t.session?.name))})]})}var Nc=We(btoa(`
kefu/retrieval/v1/draft.protokefu.retrieval.v1"
Draft\f
name (	\r
title (	
origin (	-
state (2.kefu.retrieval.v1.Draft.State/
\vcreate_time (\v2.google.protobuf.Timestamp/
\vupdate_time (\v2.google.protobuf.Timestamp5
\x07changes\x07 (\v2$.kefu.retrieval.v1.DraftChangeCounts,
check\b (\v2.kefu.retrieval.v1.DraftCheck
\boutdated	 (\b
promote_when_green
 (\b
	closed_by\v (	
override_reason\f (	"{
State
STATE_UNSPECIFIED\0

STATE_OPEN
STATE_CHECKING

STATE_HELD
STATE_PROMOTED
STATE_DISCARDED"ß
DraftChangeCounts
documents_added (\r
documents_changed (\r
documents_deleted (\r
curated_answers_added (\r
curated_answers_changed (\r
curated_answers_deleted (\r
dictionary_changed\x07 (\b"

DraftCheck
passed (\r
failed (\r\f
lost (	
\x07message (	(
time (\v2.google.protobuf.Timestamp
\boutdated (\b"ð
\vDraftChange1
kind (2#.kefu.retrieval.v1.DraftChange.Kind5
change (2%.kefu.retrieval.v1.DraftChange.Change\f
name (	\r
label (	\r
title (	
\bconflict (\b"]
Kind
KIND_UNSPECIFIED\0
\rKIND_DOCUMENT
KIND_CURATED_ANSWER
KIND_DICTIONARY"Z
Change
CHANGE_UNSPECIFIED\0
\fCHANGE_ADDED
CHANGE_CHANGED
CHANGE_DELETED"S
CreateDraftRequest

collection (	\r
title (	
promote_when_green (\b">
CreateDraftResponse'
draft (\v2.kefu.retrieval.v1.Draft"
GetDraftRequest\f
name (	";
GetDraftResponse'
draft (\v2.kefu.retrieval.v1.Draft":
ListDraftsRequest

collection (	
	open_only (\b">
ListDraftsResponse(
drafts (\v2.kefu.retrieval.v1.Draft"O
ListDraftChangesRequest\r
draft (	
	page_size (

page_token (	"d
ListDraftChangesResponse/
\x07changes (\v2.kefu.retrieval.v1.DraftChange
next_page_token (	"6
RefreshDraftRequest\f
name (	
	take_live (	"
RefreshDraftResponse'
draft (\v2.kefu.retrieval.v1.Draft\r
taken (\r1
	conflicts (\v2.kefu.retrieval.v1.DraftChange"Y
CheckDraftRequest\f
name (	
promote_when_green (\bH\0B
_promote_when_green"=
CheckDraftResponse'
draft (\v2.kefu.retrieval.v1.Draft"
ReportDraftCheckRequest\f
name (	,
check (\v2.kefu.retrieval.v1.DraftCheck)
as_of (\v2.google.protobuf.Timestamp"C
ReportDraftCheckResponse'
draft (\v2.kefu.retrieval.v1.Draft"E
PromoteDraftRequest\f
name (	
\boverride (\b
reason (	"l
PromoteDraftResponse'
draft (\v2.kefu.retrieval.v1.Draft+
\x07version (\v2.kefu.retrieval.v1.Version"#
DiscardDraftRequest\f
name (	"
DiscardDraftResponse"á
\x07Version\f
name (	\r
title (	\f
live (\b-
	live_time (\v2.google.protobuf.Timestamp0
\freplace_time (\v2.google.protobuf.Timestamp
\fmade_live_by (	
document_count\x07 (\r
curated_answer_count\b (\r")
ListVersionsRequest

collection (	"D
ListVersionsResponse,
\bversions (\v2.kefu.retrieval.v1.Version"6
RollBackRequest

collection (	
\x07version (	"?
RollBackResponse+
\x07version (\v2.kefu.retrieval.v1.Version2ª\b
\fDraftService\\
\vCreateDraft%.kefu.retrieval.v1.CreateDraftRequest&.kefu.retrieval.v1.CreateDraftResponseS
\bGetDraft".kefu.retrieval.v1.GetDraftRequest#.kefu.retrieval.v1.GetDraftResponseY

ListDrafts$.kefu.retrieval.v1.ListDraftsRequest%.kefu.retrieval.v1.ListDraftsResponsek
ListDraftChanges*.kefu.retrieval.v1.ListDraftChangesRequest+.kefu.retrieval.v1.ListDraftChangesResponse_
\fRefreshDraft&.kefu.retrieval.v1.RefreshDraftRequest'.kefu.retrieval.v1.RefreshDraftResponseY

CheckDraft$.kefu.retrieval.v1.CheckDraftRequest%.kefu.retrieval.v1.CheckDraftResponsek
ReportDraftCheck*.kefu.retrieval.v1.ReportDraftCheckRequest+.kefu.retrieval.v1.ReportDraftCheckResponse_
\fPromoteDraft&.kefu.retrieval.v1.PromoteDraftRequest'.kefu.retrieval.v1.PromoteDraftResponse_
\fDiscardDraft&.kefu.retrieval.v1.DiscardDraftRequest'.kefu.retrieval.v1.DiscardDraftResponse_
\fListVersions&.kefu.retrieval.v1.ListVersionsRequest'.kefu.retrieval.v1.ListVersionsResponseS
\bRollBack".kefu.retrieval.v1.RollBackRequest#.kefu.retrieval.v1.RollBackResponsebproto3`),[Me]),Pc=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.OPEN=1]=`OPEN`,e[e.CHECKING=2]=`CHECKING`,e[e.HELD=3]=`HELD`,e[e.PROMOTED=4]=`PROMOTED`,e[e.DISCARDED=5]=`DISCARDED`,e}({}),Fc=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.DOCUMENT=1]=`DOCUMENT`,e[e.CURATED_ANSWER=2]=`CURATED_ANSWER`,e[e.DICTIONARY=3]=`DICTIONARY`,e}({}),Ic=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.ADDED=1]=`ADDED`,e[e.CHANGED=2]=`CHANGED`,e[e.DELETED=3]=`DELETED`,e}({}),Lc=Pe(Nc,0);function Rc(e,t,n){return{id:e,path:t,size:n,phase:`queued`,total:0,finished:0,results:[],error:``}}function zc(e,t){switch(t.report.case){case`progress`:{let{passagesTotal:n,passagesEmbedded:r,pagesTotal:i,pagesRead:a}=t.report.value;return n===0&&i>0?{...e,phase:`reading`,total:i,finished:a}:{...e,phase:`embedding`,total:n,finished:r}}case`result`:{let n=t.report.value,r=[...e.results,n];return n.path===e.path?{...e,results:r,phase:n.outcome===Cr.FAILED?`failed`:`done`}:{...e,results:r}}default:return e}}function Bc(e){return e.phase===`done`||e.phase===`failed`?1:e.total>0?e.finished/e.total:null}var Vc=class extends Error{failure;constructor(e){super(`The import was refused.`),this.failure=Wc(e)}};async function*Hc(e,t,n,r,i,a){let o=new FormData;o.append(`options`,JSON.stringify(r)),o.append(`files`,t,n);let s=await i.token(),c=await fetch(`/api/import?collection=${encodeURIComponent(e)}`,{method:`POST`,headers:{Authorization:`Bearer ${s}`},body:o,signal:a});if(c.status===401&&i.refused(s),!c.ok||c.body===null)throw new Vc(await c.text());for await(let e of Uc(c.body)){let t=JSON.parse(e);if(Gc(t)&&Gc(t.error))throw new Vc(JSON.stringify(t.error));yield Kn(Sr,t,{ignoreUnknownFields:!0})}}async function*Uc(e){let t=e.pipeThrough(new TextDecoderStream).getReader(),n=``;try{for(;;){let{done:e,value:r}=await t.read(),i=(n+(r??``)).split(`
`);if(n=e?``:i.pop()??``,yield*i.map(e=>e.trim()).filter(e=>e!==``),e)return}}finally{await t.cancel().catch(()=>void 0)}}function Wc(e){let t;try{t=JSON.parse(e)}catch{return T(new ue(e.slice(0,200)))}let n=new ue(Gc(t)&&typeof t.message==`string`?t.message:e.slice(0,200));for(let e of Gc(t)&&Array.isArray(t.details)?t.details:[])Gc(e)&&typeof e.type==`string`&&typeof e.value==`string`&&n.details.push({type:e.type,value:je(e.value)});return T(n)}function Gc(e){return typeof e==`object`&&!!e&&!Array.isArray(e)}var Kc=[Cr.CREATED,Cr.UPDATED,Cr.UNCHANGED];function qc({collection:e,draft:t,onDone:n}){let{credentials:r}=W(),i=w(null),[a,o]=h(!1),[s,c]=h(``),[l,u]=h(``),d=async i=>{o(!0),u(``);let a=0,s=[];for(let n of i){let i=!1;try{for await(let{report:o}of Hc(e,n,n.name,{draft:t},r,new AbortController().signal))o.case===`result`&&(i||=o.value.path===n.name,o.value.outcome===Cr.FAILED?s.push(`${o.value.path}: ${yi(o.value)}`):Kc.includes(o.value.outcome)&&(a+=1));i||s.push(`${n.name}: ${F(`uploadBroken`)}`)}catch(e){s.push(`${n.name}: ${e instanceof Vc?yi(e.failure):F(`uploadBroken`)}`)}}o(!1),c(a>0?F(`addedToDraft`,{count:a}):``),u(s.join(` `)),n()};return A(g,{children:[A(`button`,{type:`button`,class:`button`,disabled:a,onClick:()=>i.current?.click(),children:F(`addToDraft`)}),A(`input`,{ref:i,type:`file`,multiple:!0,hidden:!0,"aria-label":F(`addToDraft`),onChange:e=>{let t=[...e.currentTarget.files??[]];e.currentTarget.value=``,t.length>0&&d(t)}}),a?A(Y,{}):null,s===``?null:A(K,{kind:`good`,children:s}),l===``?null:A(K,{kind:`danger`,children:l})]})}function Jc(e,t){return e.validUntil!==``&&e.validUntil<t?`ended`:e.validFrom!==``&&e.validFrom>t?`coming`:e.validUntil!==``&&e.validUntil<=el(t,30)?`ending`:`valid`}function Yc(e,t){return e.filter(e=>[`ended`,`ending`].includes(Jc(e,t))).sort((e,t)=>e.validUntil.localeCompare(t.validUntil))}function Xc(e,t){return e.filter(e=>!t.has(e.name)).sort((e,t)=>Number((e.updateTime?.seconds??0n)-(t.updateTime?.seconds??0n)))}function Zc(e,t){let n=t.toLowerCase().split(/\s+/).filter(Boolean);return n.length===0?e:e.filter(e=>{let t=[e.title,e.path,...Object.entries(e.metadata).flat()].join(`
`).toLowerCase();return n.every(e=>t.includes(e))})}function Qc(e){return/\.(md|markdown|txt)$/i.test(e)}function $c(e,t,n){let r=n&&e!==``?[`# ${e}`]:[],i=[];for(let e of t){let t=e.headings.findIndex((e,t)=>i[t]!==e);n&&t>=0&&e.headings.slice(t).forEach((e,n)=>r.push(`${`#`.repeat(Math.min(t+n+2,6))} ${e}`)),i=e.headings,r.push(e.text.trim())}return`${r.join(`

`)}\n`}function el(e,t){let n=new Date(`${e}T00:00:00Z`);return n.setUTCDate(n.getUTCDate()+t),n.toISOString().slice(0,10)}function tl(e=new Date){let t=e=>String(e).padStart(2,`0`);return`${e.getFullYear()}-${t(e.getMonth()+1)}-${t(e.getDate())}`}var nl=class{diff(e,t,n={}){let r;typeof n==`function`?(r=n,n={}):`callback`in n&&(r=n.callback);let i=this.castInput(e,n),a=this.castInput(t,n),o=this.removeEmpty(this.tokenize(i,n)),s=this.removeEmpty(this.tokenize(a,n));return this.diffWithOptionsObj(o,s,n,r)}diffWithOptionsObj(e,t,n,r){let i=e=>{if(e=this.postProcess(e,n),r)setTimeout(function(){r(e)},0);else return e},a=t.length,o=e.length,s=1,c=a+o;n.maxEditLength!=null&&(c=Math.min(c,n.maxEditLength));let l=n.timeout??1/0,u=Date.now()+l,d=[{oldPos:-1,lastComponent:void 0}],f=this.extractCommon(d[0],t,e,0,n);if(d[0].oldPos+1>=o&&f+1>=a)return i(this.buildValues(d[0].lastComponent,t,e));let p=-1/0,m=1/0,h=()=>{for(let r=Math.max(p,-s);r<=Math.min(m,s);r+=2){let s,c=d[r-1],l=d[r+1];c&&(d[r-1]=void 0);let u=!1;if(l){let e=l.oldPos-r;u=l&&0<=e&&e<a}let h=c&&c.oldPos+1<o;if(!u&&!h)d[r]=void 0;else{if(s=!h||u&&c.oldPos<l.oldPos?this.addToPath(l,!0,!1,0,n):this.addToPath(c,!1,!0,1,n),f=this.extractCommon(s,t,e,r,n),s.oldPos+1>=o&&f+1>=a)return i(this.buildValues(s.lastComponent,t,e))||!0;d[r]=s,s.oldPos+1>=o&&(m=Math.min(m,r-1)),f+1>=a&&(p=Math.max(p,r+1))}}s++};if(r)(function e(){setTimeout(function(){if(s>c||Date.now()>u)return r(void 0);h()||e()},0)})();else for(;s<=c&&Date.now()<=u;){let e=h();if(e)return e}}addToPath(e,t,n,r,i){let a=e.lastComponent;return a&&!i.oneChangePerToken&&a.added===t&&a.removed===n?{oldPos:e.oldPos+r,lastComponent:{count:a.count+1,added:t,removed:n,previousComponent:a.previousComponent}}:{oldPos:e.oldPos+r,lastComponent:{count:1,added:t,removed:n,previousComponent:a}}}extractCommon(e,t,n,r,i){let a=t.length,o=n.length,s=e.oldPos,c=s-r,l=0;for(;c+1<a&&s+1<o&&this.equals(n[s+1],t[c+1],i);)c++,s++,l++,i.oneChangePerToken&&(e.lastComponent={count:1,previousComponent:e.lastComponent,added:!1,removed:!1});return l&&!i.oneChangePerToken&&(e.lastComponent={count:l,previousComponent:e.lastComponent,added:!1,removed:!1}),e.oldPos=s,c}equals(e,t,n){return n.comparator?n.comparator(e,t):e===t||!!n.ignoreCase&&e.toLowerCase()===t.toLowerCase()}removeEmpty(e){let t=[];for(let n=0;n<e.length;n++)e[n]&&t.push(e[n]);return t}castInput(e,t){return e}tokenize(e,t){return Array.from(e)}join(e){return e.join(``)}postProcess(e,t){return e}get useLongestToken(){return!1}buildValues(e,t,n){let r=[],i;for(;e;)r.push(e),i=e.previousComponent,delete e.previousComponent,e=i;r.reverse();let a=r.length,o=0,s=0,c=0;for(;o<a;o++){let e=r[o];if(e.removed)e.value=this.join(n.slice(c,c+e.count)),c+=e.count;else{if(!e.added&&this.useLongestToken){let r=t.slice(s,s+e.count);r=r.map(function(e,t){let r=n[c+t];return r.length>e.length?r:e}),e.value=this.join(r)}else e.value=this.join(t.slice(s,s+e.count));s+=e.count,e.added||(c+=e.count)}}return r}};new class extends nl{};function rl(e,t){let n=0;for(;n<e.length&&n<t.length;n++)if(e[n]!=t[n])return e.slice(0,n);return e.slice(0,n)}function il(e,t){let n;if(!e||!t||e[e.length-1]!=t[t.length-1])return``;for(n=0;n<e.length&&n<t.length;n++)if(e[e.length-(n+1)]!=t[t.length-(n+1)])return e.slice(-n);return e.slice(-n)}function al(e,t,n){if(e.slice(0,t.length)!=t)throw Error(`string ${JSON.stringify(e)} doesn't start with prefix ${JSON.stringify(t)}; this is a bug`);return n+e.slice(t.length)}function ol(e,t,n){if(!t)return e+n;if(e.slice(-t.length)!=t)throw Error(`string ${JSON.stringify(e)} doesn't end with suffix ${JSON.stringify(t)}; this is a bug`);return e.slice(0,-t.length)+n}function sl(e,t){return al(e,t,``)}function cl(e,t){return ol(e,t,``)}function ll(e,t){return t.slice(0,ul(e,t))}function ul(e,t){let n=0;e.length>t.length&&(n=e.length-t.length);let r=t.length;e.length<t.length&&(r=e.length);let i=Array(r),a=0;i[0]=0;for(let e=1;e<r;e++){for(t[e]==t[a]?i[e]=i[a]:i[e]=a;a>0&&t[e]!=t[a];)a=i[a];t[e]==t[a]&&a++}a=0;for(let r=n;r<e.length;r++){for(;a>0&&e[r]!=t[a];)a=i[a];e[r]==t[a]&&a++}return a}function dl(e,t){let n=[];for(let r of Array.from(t.segment(e))){let e=r.segment;n.length&&/\s/.test(n[n.length-1])&&/\s/.test(e)?n[n.length-1]+=e:n.push(e)}return n}function fl(e,t){if(t)return ml(e,t)[1];let n;for(n=e.length-1;n>=0&&e[n].match(/\s/);n--);return e.substring(n+1)}function pl(e,t){if(t)return ml(e,t)[0];let n=e.match(/^\s*/);return n?n[0]:``}function ml(e,t){if(!t)return[pl(e),fl(e)];if(t.resolvedOptions().granularity!=`word`)throw Error(`The segmenter passed must have a granularity of "word"`);let n=dl(e,t),r=n[0],i=n[n.length-1];return[/\s/.test(r)?r:``,/\s/.test(i)?i:``]}var hl=`a-zA-Z0-9_\\u{AD}\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2C6}\\u{2C8}-\\u{2D7}\\u{2DE}-\\u{2FF}\\u{1E00}-\\u{1EFF}`,gl=RegExp(`[${hl}]+|\\s+|[^${hl}]`,`ug`);new class extends nl{equals(e,t,n){return n.ignoreCase&&(e=e.toLowerCase(),t=t.toLowerCase()),e.trim()===t.trim()}tokenize(e,t={}){let n;if(t.intlSegmenter){let r=t.intlSegmenter;if(r.resolvedOptions().granularity!=`word`)throw Error(`The segmenter passed must have a granularity of "word"`);n=dl(e,r)}else n=e.match(gl)||[];let r=[],i=null;return n.forEach(e=>{/\s/.test(e)?i==null?r.push(e):r.push(r.pop()+e):i!=null&&/\s/.test(i)?r[r.length-1]==i?r.push(r.pop()+e):r.push(i+e):r.push(e),i=e}),r}join(e){return e.map((e,t)=>t==0?e:e.replace(/^\s+/,``)).join(``)}postProcess(e,t){if(!e||t.oneChangePerToken)return e;let n=null,r=null,i=null;return e.forEach(e=>{e.added?r=e:e.removed?i=e:((r||i)&&_l(n,i,r,e,t.intlSegmenter),n=e,r=null,i=null)}),(r||i)&&_l(n,i,r,null,t.intlSegmenter),e}};function _l(e,t,n,r,i){if(t&&n){let[a,o]=ml(t.value,i),[s,c]=ml(n.value,i);if(e){let r=rl(a,s);e.value=ol(e.value,s,r),t.value=sl(t.value,r),n.value=sl(n.value,r)}if(r){let e=il(o,c);r.value=al(r.value,c,e),t.value=cl(t.value,e),n.value=cl(n.value,e)}}else if(n){if(e){let e=pl(n.value,i);n.value=n.value.substring(e.length)}if(r){let e=pl(r.value,i);r.value=r.value.substring(e.length)}}else if(e&&r){let n=pl(r.value,i),[a,o]=ml(t.value,i),s=rl(n,a);t.value=sl(t.value,s);let c=il(sl(n,s),o);t.value=cl(t.value,c),r.value=al(r.value,n,c),e.value=ol(e.value,n,n.slice(0,n.length-c.length))}else if(r){let e=pl(r.value,i),n=ll(fl(t.value,i),e);t.value=cl(t.value,n)}else if(e){let n=ll(fl(e.value,i),pl(t.value,i));t.value=sl(t.value,n)}}new class extends nl{tokenize(e){let t=RegExp(`(\\r?\\n)|[${hl}]+|[^\\S\\n\\r]+|[^${hl}]`,`ug`);return e.match(t)||[]}},new class extends nl{constructor(){super(...arguments),this.tokenize=vl}equals(e,t,n){return n.ignoreWhitespace?(n.newlineIsToken&&e.includes(`
`)||(e=e.trim()),n.newlineIsToken&&t.includes(`
`)||(t=t.trim())):n.ignoreNewlineAtEof&&!n.newlineIsToken&&(e.endsWith(`
`)&&(e=e.slice(0,-1)),t.endsWith(`
`)&&(t=t.slice(0,-1))),super.equals(e,t,n)}};function vl(e,t){t.stripTrailingCr&&(e=e.replace(/\r\n/g,`
`));let n=[],r=e.split(/(\n|\r\n)/);r[r.length-1]||r.pop();for(let e=0;e<r.length;e++){let i=r[e];e%2&&!t.newlineIsToken?n[n.length-1]+=i:n.push(i)}return n}function yl(e){return e==`.`||e==`!`||e==`?`}new class extends nl{tokenize(e){let t=[],n=0;for(let r=0;r<e.length;r++){if(r==e.length-1){t.push(e.slice(n));break}if(yl(e[r])&&e[r+1].match(/\s/)){for(t.push(e.slice(n,r+1)),r=n=r+1;e[r+1]?.match(/\s/);)r++;t.push(e.slice(n,r+1)),n=r+1}}return t}},new class extends nl{tokenize(e){return e.split(/([{}:;,]|\s+)/)}},new class extends nl{constructor(){super(...arguments),this.tokenize=vl}get useLongestToken(){return!0}castInput(e,t){let{undefinedReplacement:n,stringifyReplacer:r=(e,t)=>t===void 0?n:t}=t;return typeof e==`string`?e:JSON.stringify(bl(e,null,null,r),null,`  `)}equals(e,t,n){return super.equals(e.replace(/,([\r\n])/g,`$1`),t.replace(/,([\r\n])/g,`$1`),n)}};function bl(e,t,n,r,i){t||=[],n||=[],r&&(e=r(i===void 0?``:i,e));let a=0;for(;a<t.length;a+=1)if(t[a]===e)return n[a];let o;if(Object.prototype.toString.call(e)===`[object Array]`){for(t.push(e),o=Array(e.length),n.push(o),a=0;a<e.length;a+=1)o[a]=bl(e[a],t,n,r,String(a));return t.pop(),n.pop(),o}if(e&&e.toJSON&&(e=e.toJSON()),typeof e==`object`&&e){t.push(e),o={},n.push(o);let i=[],s;for(s in e)Object.prototype.hasOwnProperty.call(e,s)&&i.push(s);for(i.sort(),a=0;a<i.length;a+=1)s=i[a],o[s]=bl(e[s],t,n,r,s);t.pop(),n.pop()}else o=e;return o}var xl=new class extends nl{tokenize(e){return e.slice()}join(e){return e}removeEmpty(e){return e}};function Sl(e,t,n){return xl.diff(e,t,n)}var Cl=3,wl=1e3;function Tl(e,t){return kl(Dl(e,t))}function El(e){let t=t=>e.filter(e=>e.kind===t).length;return{added:t(`added`),removed:t(`removed`)}}function Dl(e,t){let[n,r]=[Ol(e),Ol(t)],i=Sl(n,r,{timeout:wl})??[{value:n,removed:!0,added:!1},{value:r,removed:!1,added:!0}],a=[],[o,s]=[0,0];for(let{value:e,added:t,removed:n}of i)for(let r of e)t||(o+=1),n||(s+=1),t?a.push({kind:`added`,text:r,new:s}):n?a.push({kind:`removed`,text:r,old:o}):a.push({kind:`same`,text:r,old:o,new:s});return a}function Ol(e){let t=e.split(/\r?\n/);return t.at(-1)===``&&t.pop(),t}function kl(e){let t=new Set;e.forEach((e,n)=>{if(e.kind!==`same`)for(let e=n-Cl;e<=n+Cl;e+=1)t.add(e)});let n=[];return e.forEach((e,r)=>{let i=n.at(-1);t.has(r)?n.push(e):i?.kind===`folded`?n[n.length-1]={kind:`folded`,count:i.count+1}:n.push({kind:`folded`,count:1})}),n}function Al({before:e,after:t,caption:n}){let r=Ce(()=>Tl(e,t),[e,t]),i=El(r);return i.added+i.removed===0?A(K,{kind:`info`,children:F(`sameText`)}):A(`div`,{class:`stack`,children:[A(`p`,{class:`soft`,role:`status`,children:F(`linesChanged`,i)}),A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":n,children:A(`table`,{class:`difference`,children:[A(`caption`,{class:`unseen`,children:n}),A(`thead`,{class:`unseen`,children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`oldLine`)}),A(`th`,{scope:`col`,children:F(`newLine`)}),A(`th`,{scope:`col`,children:F(`text`)})]})}),A(`tbody`,{children:r.map((e,t)=>A(jl,{row:e},t))})]})})]})}function jl({row:e}){return e.kind===`folded`?A(`tr`,{class:`folded`,children:A(`td`,{colSpan:3,children:F(`linesSame`,{count:e.count})})}):A(`tr`,{class:e.kind,children:[A(`td`,{class:`figure`,children:e.kind===`added`?``:e.old}),A(`td`,{class:`figure`,children:e.kind===`removed`?``:e.new}),A(`td`,{class:`difference-text`,dir:`auto`,children:A(Ml,{row:e})})]})}function Ml({row:e}){if(e.kind===`same`)return A(g,{children:`  ${e.text}`});let[t,n]=e.kind===`added`?[`+`,F(`lineAdded`)]:[`−`,F(`lineRemoved`)],r=e.kind===`added`?`ins`:`del`;return A(r,{children:[A(`span`,{"aria-hidden":`true`,children:[t,` `]}),A(`span`,{class:`unseen`,children:[n,` `]}),e.text]})}var Nl=Pe(We(btoa(`
kefu/retrieval/v1/history.protokefu.retrieval.v1"·
\bRevision\f
name (	(
time (\v2.google.protobuf.Timestamp
author (	
origin (	
\x07deleted (\b\f
path (	\r
title\x07 (	
sha256\b (	
\rpassage_count	 (\r"(
ListRevisionsRequest
\bdocument (	"G
ListRevisionsResponse.
	revisions (\v2\x1B.kefu.retrieval.v1.Revision""
GetRevisionRequest\f
name (	"R
GetRevisionResponse-
\brevision (\v2\x1B.kefu.retrieval.v1.Revision\f
text (	"5
RestoreRevisionRequest\f
name (	\r
draft (	"H
RestoreRevisionResponse-
\bdocument (\v2\x1B.kefu.retrieval.v1.Document2¼
HistoryServiceb
\rListRevisions'.kefu.retrieval.v1.ListRevisionsRequest(.kefu.retrieval.v1.ListRevisionsResponse\\
\vGetRevision%.kefu.retrieval.v1.GetRevisionRequest&.kefu.retrieval.v1.GetRevisionResponseh
RestoreRevision).kefu.retrieval.v1.RestoreRevisionRequest*.kefu.retrieval.v1.RestoreRevisionResponsebproto3`),[Me,xr]),0),Pl=We(btoa(`
kefu/retrieval/v1/source.protokefu.retrieval.v1"¥\x07
Source\f
name (	
\fdisplay_name (	3
\x07sitemap (\v2 .kefu.retrieval.v1.SitemapOriginH\0/
crawl (\v2.kefu.retrieval.v1.CrawlOriginH\0+
git (\v2.kefu.retrieval.v1.GitOriginH\0-
feed (\v2.kefu.retrieval.v1.FeedOriginH\01
folder\x07 (\v2.kefu.retrieval.v1.FolderOriginH\0)
s3\b (\v2\x1B.kefu.retrieval.v1.S3OriginH\0-
rest	 (\v2.kefu.retrieval.v1.RestOriginH\03
\bschedule
 (\v2!.kefu.retrieval.v1.SourceSchedule/
limits\v (\v2.kefu.retrieval.v1.SourceLimits
secret\f (	
\blanguage\r (	-
\baudience (2\x1B.kefu.retrieval.v1.Audience9
\bmetadata (\v2'.kefu.retrieval.v1.Source.MetadataEntry
\fmissing_runs (\r
forbidden_is_missing (\b
	most_gone (
paused (\b
	unchecked (\b/
\vcreate_time (\v2.google.protobuf.Timestamp/
\vupdate_time (\v2.google.protobuf.Timestamp/
status (\v2.kefu.retrieval.v1.SourceStatus/
\rMetadataEntry\v
key (	\r
value (	:8B\b
origin"/
\rSitemapOrigin
\x07address (	\r
hosts (	"?
\vCrawlOrigin
\x07address (	
prefix (	
\x07exclude (	"P
	GitOrigin
\x07address (	
branch (	
folder (	

uri_prefix (	"1

FeedOrigin
\x07address (	

entry_text (\b"
\fFolderOrigin\f
path (	"L
\bS3Origin
\bendpoint (	
bucket (	
prefix (	
region (	"¡

RestOrigin
recipe (	=
\bsettings (\v2+.kefu.retrieval.v1.RestOrigin.SettingsEntry
\vdescription (	/
\rSettingsEntry\v
key (	\r
value (	:8"9
SourceSchedule
\revery_minutes (\r
\bdaily_at (	"
\fSourceLimits
	documents (\r
document_bytes (
\vtotal_bytes (\r
depth (\r\x1B
requests_per_second (
\x07seconds (\r"
\fSourceStatus
document_count (\r-
	next_time (\v2.google.protobuf.Timestamp2
last_good_time (\v2.google.protobuf.Timestamp(
\x07running (\v2.kefu.retrieval.v1.Sync%
held (\v2.kefu.retrieval.v1.Sync%
last (\v2.kefu.retrieval.v1.Sync"½
Sync\f
name (	,
state (2.kefu.retrieval.v1.Sync.State0
\x07trigger (2.kefu.retrieval.v1.Sync.Trigger,
phase (2.kefu.retrieval.v1.Sync.Phase/
\vcreate_time (\v2.google.protobuf.Timestamp.

start_time (\v2.google.protobuf.Timestamp,
\bend_time\x07 (\v2.google.protobuf.Timestamp\f
seen\b (\r
\bto_apply	 (\r
\x07applied
 (\r-
counts\v (\v2.kefu.retrieval.v1.SyncCounts
\x07message\f (	
\battempts\r (\r"\xA0
State
STATE_UNSPECIFIED\0
\fSTATE_QUEUED
\rSTATE_RUNNING

STATE_DONE

STATE_HELD
\fSTATE_FAILED
STATE_DISMISSED
STATE_SUPERSEDED\x07"m
Phase
PHASE_UNSPECIFIED\0
PHASE_FETCHING
\rPHASE_JUDGING
PHASE_APPLYING
PHASE_CHECKING"u
\x07Trigger
TRIGGER_UNSPECIFIED\0
TRIGGER_SCHEDULE
TRIGGER_REQUEST
\fTRIGGER_PUSH
TRIGGER_APPROVAL"

SyncCounts\r
added (\r
\x07changed (\r\r
moved (\r\f
gone (\r
failed (\r
\x07missing (\r
	forbidden\x07 (\r
	unchanged\b (\r"Ç
DocumentOutcome;
\x07outcome (2*.kefu.retrieval.v1.DocumentOutcome.Outcome
\x07address (	
\bdocument (	
reason (	

moved_from (	"¯
\x07Outcome
OUTCOME_UNSPECIFIED\0
\rOUTCOME_ADDED
OUTCOME_CHANGED
\rOUTCOME_MOVED
\fOUTCOME_GONE
OUTCOME_FAILED
OUTCOME_MISSING
OUTCOME_FORBIDDEN\x07"U
PutSourceRequest)
source (\v2.kefu.retrieval.v1.Source
new_push_token (\b"R
PutSourceResponse)
source (\v2.kefu.retrieval.v1.Source

push_token (	" 
GetSourceRequest\f
name (	">
GetSourceResponse)
source (\v2.kefu.retrieval.v1.Source"(
ListSourcesRequest

collection (	"A
ListSourcesResponse*
\x07sources (\v2.kefu.retrieval.v1.Source";
DeleteSourceRequest\f
name (	
with_documents (\b"1
DeleteSourceResponse
deleted_documents (\r"!
SyncSourceRequest\f
name (	";
SyncSourceResponse%
sync (\v2.kefu.retrieval.v1.Sync""
ListSyncsRequest
source (	";
ListSyncsResponse&
syncs (\v2.kefu.retrieval.v1.Sync"E
GetSyncRequest\f
name (	
	page_size (

page_token (	"
GetSyncResponse%
sync (\v2.kefu.retrieval.v1.Sync4
\boutcomes (\v2".kefu.retrieval.v1.DocumentOutcome
next_page_token (	";
CompareSyncDocumentRequest\f
name (	
\x07address (	"A
\x1BCompareSyncDocumentResponse
\bold_text (	
\bnew_text (	""
ApproveSyncRequest\f
name (	"<
ApproveSyncResponse%
sync (\v2.kefu.retrieval.v1.Sync""
DismissSyncRequest\f
name (	"<
DismissSyncResponse%
sync (\v2.kefu.retrieval.v1.Sync"
ListRecipesRequest"A
ListRecipesResponse*
\x07recipes (\v2.kefu.retrieval.v1.Recipe"
Recipe

id (	\r
title (	9
\bsettings (\v2'.kefu.retrieval.v1.Recipe.SettingsEntry
secret (	/
\rSettingsEntry\v
key (	\r
value (	:8"2
PushSourceRequest
source (	\r
token (	"$
PushSourceResponse
queued (\b2î\b
\rSourceServiceV
	PutSource#.kefu.retrieval.v1.PutSourceRequest$.kefu.retrieval.v1.PutSourceResponseV
	GetSource#.kefu.retrieval.v1.GetSourceRequest$.kefu.retrieval.v1.GetSourceResponse\\
\vListSources%.kefu.retrieval.v1.ListSourcesRequest&.kefu.retrieval.v1.ListSourcesResponse_
\fDeleteSource&.kefu.retrieval.v1.DeleteSourceRequest'.kefu.retrieval.v1.DeleteSourceResponseY

SyncSource$.kefu.retrieval.v1.SyncSourceRequest%.kefu.retrieval.v1.SyncSourceResponseV
	ListSyncs#.kefu.retrieval.v1.ListSyncsRequest$.kefu.retrieval.v1.ListSyncsResponseP
\x07GetSync!.kefu.retrieval.v1.GetSyncRequest".kefu.retrieval.v1.GetSyncResponset
CompareSyncDocument-.kefu.retrieval.v1.CompareSyncDocumentRequest..kefu.retrieval.v1.CompareSyncDocumentResponse\\
\vApproveSync%.kefu.retrieval.v1.ApproveSyncRequest&.kefu.retrieval.v1.ApproveSyncResponse\\
\vDismissSync%.kefu.retrieval.v1.DismissSyncRequest&.kefu.retrieval.v1.DismissSyncResponse\\
\vListRecipes%.kefu.retrieval.v1.ListRecipesRequest&.kefu.retrieval.v1.ListRecipesResponseY

PushSource$.kefu.retrieval.v1.PushSourceRequest%.kefu.retrieval.v1.PushSourceResponsebproto3`),[Me,xr]),Fl=D(Pl,0),Il=D(Pl,1),Ll=D(Pl,2),Rl=D(Pl,3),zl=D(Pl,4),Bl=D(Pl,5),Vl=D(Pl,6),Hl=D(Pl,7),Ul=D(Pl,8),Wl=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.QUEUED=1]=`QUEUED`,e[e.RUNNING=2]=`RUNNING`,e[e.DONE=3]=`DONE`,e[e.HELD=4]=`HELD`,e[e.FAILED=5]=`FAILED`,e[e.DISMISSED=6]=`DISMISSED`,e[e.SUPERSEDED=7]=`SUPERSEDED`,e}({}),Gl=Pe(Pl,0),Kl=We(btoa(`
\x1Bkefu/router/v1/action.protokefu.router.v1"
Action\f
name (	
\bexamples (	+
inputs (\v2\x1B.kefu.router.v1.ActionInput&
call (\v2.kefu.router.v1.HttpCall2
result (\v2".kefu.router.v1.Action.ResultEntry4
\x07answers (\v2#.kefu.router.v1.Action.AnswersEntry*
words\x07 (\v2\x1B.kefu.router.v1.ActionWords
requires_customer\b (\b
timeout_seconds	 (\r
\brevision
 (/
\vupdate_time\v (\v2.google.protobuf.Timestamp
\x07intents\f (	&
change\r (\v2.kefu.router.v1.Change2
titles (\v2".kefu.router.v1.Action.TitlesEntry+
cards (\v2.kefu.router.v1.CardTemplate6
\bprogress (\v2$.kefu.router.v1.Action.ProgressEntry-
\vResultEntry\v
key (	\r
value (	:8.
\fAnswersEntry\v
key (	\r
value (	:8-
\vTitlesEntry\v
key (	\r
value (	:8/
\rProgressEntry\v
key (	\r
value (	:8"
\fCardTemplate\f
list (	8
titles (\v2(.kefu.router.v1.CardTemplate.TitlesEntry<
\bstatuses (\v2*.kefu.router.v1.CardTemplate.StatusesEntry2
fields (\v2".kefu.router.v1.CardTemplate.Field\f
link (	6
texts (\v2'.kefu.router.v1.CardTemplate.TextsEntryå
Field>
labels (\v2..kefu.router.v1.CardTemplate.Field.LabelsEntry>
values (\v2..kefu.router.v1.CardTemplate.Field.ValuesEntry-
\vLabelsEntry\v
key (	\r
value (	:8-
\vValuesEntry\v
key (	\r
value (	:8-
\vTitlesEntry\v
key (	\r
value (	:8/
\rStatusesEntry\v
key (	\r
value (	:8,

TextsEntry\v
key (	\r
value (	:8"ç
Change\f
risk (	)
\x07preview (\v2.kefu.router.v1.HttpCallA
preview_result (\v2).kefu.router.v1.Change.PreviewResultEntry8
	questions (\v2%.kefu.router.v1.Change.QuestionsEntry)
\x07outcome (\v2.kefu.router.v1.HttpCall
outcome_answer (	
\x07refusal\x07 (	-
\brefusals\b (\v2\x1B.kefu.router.v1.ActionWords
\x07audited	 (	+
cards
 (\v2.kefu.router.v1.CardTemplate4
PreviewResultEntry\v
key (	\r
value (	:80
QuestionsEntry\v
key (	\r
value (	:8"
\vActionInput\f
name (	\f
from (	
\x07pattern (	2
choice (\v2".kefu.router.v1.ActionInput.Choice,
\x07options (\v2\x1B.kefu.router.v1.ActionWords=
	questions (\v2*.kefu.router.v1.ActionInput.QuestionsEntry
max_characters\x07 (\r
\bfor_each\b (	×
Choice
action (	\f
list (	\r
value (	>
labels (\v2..kefu.router.v1.ActionInput.Choice.LabelsEntryD
	questions (\v21.kefu.router.v1.ActionInput.Choice.QuestionsEntry\f
many (\b@
\x07nothing\x07 (\v2/.kefu.router.v1.ActionInput.Choice.NothingEntry+
cards\b (\v2.kefu.router.v1.CardTemplate\f
only	 (	-
\vLabelsEntry\v
key (	\r
value (	:80
QuestionsEntry\v
key (	\r
value (	:8.
\fNothingEntry\v
key (	\r
value (	:80
QuestionsEntry\v
key (	\r
value (	:8"¾
\bHttpCall
method (	\v
url (	6
\x07headers (\v2%.kefu.router.v1.HttpCall.HeadersEntry\f
body (	\f
tool (	
	tool_hash (	.
\fHeadersEntry\v
key (	\r
value (	:8"
\vActionWords\r
value (	5
texts (\v2&.kefu.router.v1.ActionWords.TextsEntry,

TextsEntry\v
key (	\r
value (	:8"L
PutActionRequest&
action (\v2.kefu.router.v1.Action
\brevision (";
PutActionResponse&
action (\v2.kefu.router.v1.Action" 
GetActionRequest\f
name (	";
GetActionResponse&
action (\v2.kefu.router.v1.Action"
ListActionsRequest">
ListActionsResponse'
\x07actions (\v2.kefu.router.v1.Action"#
DeleteActionRequest\f
name (	"
DeleteActionResponse"
TryActionRequest\f
name (	
\bcustomer (	<
claims (\v2,.kefu.router.v1.TryActionRequest.ClaimsEntry<
inputs (\v2,.kefu.router.v1.TryActionRequest.InputsEntry
\blanguage (	-
\vClaimsEntry\v
key (	\r
value (	:8-
\vInputsEntry\v
key (	\r
value (	:8"i
TryActionResponse
status (\r
result (	
answer (	$
cards (\v2.kefu.router.v1.Cards2¸
\rActionServiceP
	PutAction .kefu.router.v1.PutActionRequest!.kefu.router.v1.PutActionResponseP
	GetAction .kefu.router.v1.GetActionRequest!.kefu.router.v1.GetActionResponseV
\vListActions".kefu.router.v1.ListActionsRequest#.kefu.router.v1.ListActionsResponseY
\fDeleteAction#.kefu.router.v1.DeleteActionRequest$.kefu.router.v1.DeleteActionResponseP
	TryAction .kefu.router.v1.TryActionRequest!.kefu.router.v1.TryActionResponsebproto3`),[Me,Xe]),ql=D(Kl,0),Jl=Pe(Kl,0),Yl=We(btoa(`
kefu/router/v1/admin.protokefu.router.v1"]
Tenant\f
name (	
\fdisplay_name (	/
\vcreate_time (\v2.google.protobuf.Timestamp">
CreateTenantRequest
	tenant_id (	
\fdisplay_name (	">
CreateTenantResponse&
tenant (\v2.kefu.router.v1.Tenant";
ListTenantsRequest
	page_size (

page_token (	"W
ListTenantsResponse'
\x07tenants (\v2.kefu.router.v1.Tenant
next_page_token (	"§
Key\f
name (	
\fdisplay_name (	%
scopes (2.kefu.router.v1.Scope
\vcollections (	/
\vcreate_time (\v2.google.protobuf.Timestamp*
\bpriority (2.kefu.router.v1.Priority/
\vexpire_time\x07 (\v2.google.protobuf.Timestamp2
last_used_time\b (\v2.google.protobuf.Timestamp"Ñ
CreateKeyRequest
tenant (	
\fdisplay_name (	%
scopes (2.kefu.router.v1.Scope
\vcollections (	*
\bpriority (2.kefu.router.v1.Priority/
\vexpire_time (\v2.google.protobuf.Timestamp"E
CreateKeyResponse 
key (\v2.kefu.router.v1.Key
secret (	"H
ListKeysRequest
tenant (	
	page_size (

page_token (	"N
ListKeysResponse!
keys (\v2.kefu.router.v1.Key
next_page_token (	" 
RevokeKeyRequest\f
name (	"
RevokeKeyResponse"\xA0
TenantSettings
\rmin_relevance (H\0
\fmax_passages (\rH
max_answer_tokens (\rH
\vtemperature (H
\finstructions (	H
	time_zone (	H
\x07on_busy\x07 (	H8
texts\b (\v2).kefu.router.v1.TenantSettings.TextsEntry!
max_concurrent_turns	 (\rH\x07!
questions_per_minute
 (\rH\b\x1B
question_burst\v (\rH	
weight\f (\rH

\rcache_answers\r (\bH\v
cache_min_cosine (H\f\x1B
redact_prompts (\bH\r
	asks_back (\bH
refused_topics (	
business_hours (	
sensitive_topics (	
escalate_seconds (\rH(
\x1Boverload_handoffs_per_agent (\rH2
\bidentity (\v2 .kefu.router.v1.IdentitySettings
\vaction_risk (	H0
\ftriage_rules (\v2.kefu.router.v1.TriageRule
\vattachments (\bH
\x07archive (\bH
\rclaim_seconds\x1B (\rHÿ
Texts
\bgreeting (	
thanks (	
\x07goodbye (	 
handoff_nothing_relevant (	
handoff_customer_asked (	\x1B
handoff_unavailable (	
acknowledgement\x07 (	
handoff_sensitive\b (	
handoff_emergency	 (	\x1B
handoff_not_helpful
 (	
handoff_repeated\v (	
handoff_out_of_hours\f (	\x1B
clarifying_question\r (	
\rrefused_topic (	
handoff_desk_full (	
handoff_own_case (	
\fout_of_scope (	
about_assistant (	
handoff_complaint (	
\fdid_you_mean (	
\rnone_of_these (	
\x07sign_in (	
	not_there (	

change_yes (	
	change_no (	
change_not_made (	
change_asked_again\x1B (	
handoff_change (	"
handoff_change_unconfirmed (	
\fall_of_these (	
can_do (	R

TextsEntry\v
key (	3
value (\v2$.kefu.router.v1.TenantSettings.Texts:8B
_min_relevanceB
\r_max_passagesB
_max_answer_tokensB
\f_temperatureB
\r_instructionsB\f

_time_zoneB

\b_on_busyB
_max_concurrent_turnsB
_questions_per_minuteB
_question_burstB	
\x07_weightB
_cache_answersB
_cache_min_cosineB
_redact_promptsB\f

_asks_backB
_escalate_secondsB
_overload_handoffs_per_agentB
\f_action_riskB
\f_attachmentsB

\b_archiveB
_claim_seconds"¤
IdentitySettings\f
mode (	
issuer (	
\baudience (	
\bjwks_url (	

public_key (	
\rshared_secret (	
claims\x07 (	
\vemail_codes\b (\b"G
Secret\f
name (	/
\vupdate_time (\v2.google.protobuf.Timestamp"/
PutSecretRequest\f
name (	\r
value (	";
PutSecretResponse&
secret (\v2.kefu.router.v1.Secret"$
ListSecretsRequest
tenant (	">
ListSecretsResponse'
\x07secrets (\v2.kefu.router.v1.Secret"#
DeleteSecretRequest\f
name (	"
DeleteSecretResponse" 
TryTriageRequest\f
text (	";
TryTriageResponse&
triage (\v2.kefu.router.v1.Triage"*
GetTenantSettingsRequest
tenant (	"
GetTenantSettingsResponse0
\bsettings (\v2.kefu.router.v1.TenantSettings
\brevision (8
trust_revision (\v2 .kefu.router.v1.SettingsRevision"q
\x1BUpdateTenantSettingsRequest
tenant (	0
\bsettings (\v2.kefu.router.v1.TenantSettings
\brevision ("H
UpdateTenantSettingsResponse
\brevision (
changed_fields (	"·
StagedSettings\f
name (	\r
title (	0
\bsettings (\v2.kefu.router.v1.TenantSettings
\rbase_revision (
author (	/
\vcreate_time (\v2.google.protobuf.Timestamp"O
StageSettingsRequest7
staged_settings (\v2.kefu.router.v1.StagedSettings"P
StageSettingsResponse7
staged_settings (\v2.kefu.router.v1.StagedSettings"\x1B
ListStagedSettingsRequest"U
ListStagedSettingsResponse7
staged_settings (\v2.kefu.router.v1.StagedSettings",
PromoteStagedSettingsRequest\f
name (	"I
PromoteStagedSettingsResponse
\brevision (
changed_fields (	",
DiscardStagedSettingsRequest\f
name (	"
DiscardStagedSettingsResponse"¯
SettingsRevision
\brevision (0
\bsettings (\v2.kefu.router.v1.TenantSettings
author (	/
\vcreate_time (\v2.google.protobuf.Timestamp
changed_fields (	"U
ListSettingsRevisionsRequest
tenant (	
	page_size (

page_token (	"m
ListSettingsRevisionsResponse3
	revisions (\v2 .kefu.router.v1.SettingsRevision
next_page_token (	"#
GetArchiveRequest
tenant (	"
GetArchiveResponse\r
place (	

on (\b\f
days (
	encrypted (\b

oldest_day (	

latest_day (	-
	pass_time\x07 (\v2.google.protobuf.Timestamp
\rlive_sessions\b (
archived_sessions	 (
overdue_seconds
 (
\x07problem\v (	"m
 ListArchivedConversationsRequest
	start_day (	
\x07end_day (	
	page_size (

page_token (	"C
ArchivedConversation
\x07session (	\v
day (	\r
bytes ("y
!ListArchivedConversationsResponse;
\rconversations (\v2$.kefu.router.v1.ArchivedConversation
next_page_token (	":
ExportArchiveRequest
	start_day (	
\x07end_day (	"%
ExportArchiveResponse\f
data (\f*\xA0
Scope
SCOPE_UNSPECIFIED\0

SCOPE_CHAT
SCOPE_KNOWLEDGE
SCOPE_OPERATOR
SCOPE_INTERNAL

SCOPE_DESK
SCOPE_SETTINGS
\vSCOPE_ADMIN\x07*g
\bPriority
PRIORITY_UNSPECIFIED\0
PRIORITY_INTERACTIVE
PRIORITY_BATCH
PRIORITY_URGENT2Í
\fAdminServiceY
\fCreateTenant#.kefu.router.v1.CreateTenantRequest$.kefu.router.v1.CreateTenantResponseV
\vListTenants".kefu.router.v1.ListTenantsRequest#.kefu.router.v1.ListTenantsResponseP
	CreateKey .kefu.router.v1.CreateKeyRequest!.kefu.router.v1.CreateKeyResponseM
\bListKeys.kefu.router.v1.ListKeysRequest .kefu.router.v1.ListKeysResponseP
	RevokeKey .kefu.router.v1.RevokeKeyRequest!.kefu.router.v1.RevokeKeyResponseh
GetTenantSettings(.kefu.router.v1.GetTenantSettingsRequest).kefu.router.v1.GetTenantSettingsResponseq
UpdateTenantSettings+.kefu.router.v1.UpdateTenantSettingsRequest,.kefu.router.v1.UpdateTenantSettingsResponset
ListSettingsRevisions,.kefu.router.v1.ListSettingsRevisionsRequest-.kefu.router.v1.ListSettingsRevisionsResponse\\
\rStageSettings$.kefu.router.v1.StageSettingsRequest%.kefu.router.v1.StageSettingsResponsek
ListStagedSettings).kefu.router.v1.ListStagedSettingsRequest*.kefu.router.v1.ListStagedSettingsResponset
PromoteStagedSettings,.kefu.router.v1.PromoteStagedSettingsRequest-.kefu.router.v1.PromoteStagedSettingsResponset
DiscardStagedSettings,.kefu.router.v1.DiscardStagedSettingsRequest-.kefu.router.v1.DiscardStagedSettingsResponseP
	PutSecret .kefu.router.v1.PutSecretRequest!.kefu.router.v1.PutSecretResponseV
\vListSecrets".kefu.router.v1.ListSecretsRequest#.kefu.router.v1.ListSecretsResponseY
\fDeleteSecret#.kefu.router.v1.DeleteSecretRequest$.kefu.router.v1.DeleteSecretResponseP
	TryTriage .kefu.router.v1.TryTriageRequest!.kefu.router.v1.TryTriageResponseS

GetArchive!.kefu.router.v1.GetArchiveRequest".kefu.router.v1.GetArchiveResponse
ListArchivedConversations0.kefu.router.v1.ListArchivedConversationsRequest1.kefu.router.v1.ListArchivedConversationsResponse^
\rExportArchive$.kefu.router.v1.ExportArchiveRequest%.kefu.router.v1.ExportArchiveResponse0bproto3`),[Me,Re]),Xl=D(Yl,12),Zl=D(Yl,12,0),Ql=D(Yl,13),$l=Pe(Yl,0),eu=Pe(We(btoa(`
kefu/router/v1/attachment.protokefu.router.v1"

Attachment\f
name (	

media_type (	
	file_name (	

size_bytes (
sha256 (	\r
width (\r
height\x07 (\r\r
pages\b (\r/
\vcreate_time	 (\v2.google.protobuf.Timestamp/
state
 (2 .kefu.router.v1.Attachment.State\f
text\v (	\f
turn\f (	
\vhas_preview\r (\b"[
State
STATE_UNSPECIFIED\0

STATE_READ
STATE_NOTHING_READ
STATE_NO_READER"
GetAttachmentLimitsRequest"
\x1BGetAttachmentLimitsResponse
\x07enabled (\b
	max_bytes (
max_per_session (\r
max_per_message (\r
\vmedia_types (	"
UploadAttachmentRequest>
start (\v2-.kefu.router.v1.UploadAttachmentRequest.StartH\0
data (\fH\0+
Start
\x07session (	
	file_name (	B
part"J
UploadAttachmentResponse.

attachment (\v2.kefu.router.v1.Attachment")
ListAttachmentsRequest
\x07session (	"J
ListAttachmentsResponse/
\vattachments (\v2.kefu.router.v1.Attachment"5
GetAttachmentRequest\f
name (	
\x07preview (\b"a
GetAttachmentResponse0

attachment (\v2.kefu.router.v1.AttachmentH\0
data (\fH\0B
part"'
DeleteAttachmentRequest\f
name (	"
DeleteAttachmentResponse2
AttachmentServicen
GetAttachmentLimits*.kefu.router.v1.GetAttachmentLimitsRequest+.kefu.router.v1.GetAttachmentLimitsResponseg
UploadAttachment'.kefu.router.v1.UploadAttachmentRequest(.kefu.router.v1.UploadAttachmentResponse(b
ListAttachments&.kefu.router.v1.ListAttachmentsRequest'.kefu.router.v1.ListAttachmentsResponse^
\rGetAttachment$.kefu.router.v1.GetAttachmentRequest%.kefu.router.v1.GetAttachmentResponse0e
DeleteAttachment'.kefu.router.v1.DeleteAttachmentRequest(.kefu.router.v1.DeleteAttachmentResponsebproto3`),[Me]),0),tu=Pe(We(btoa(`
kefu/router/v1/audit.protokefu.router.v1"è

AuditEntry
\bsequence ((
time (\v2.google.protobuf.Timestamp\r
actor (	

actor_name (	
scopes (	
\x07address (	
\faddress_from\x07 (	\r
trace\b (	
action	 (	
target
 (	
\x07outcome\v (	8
\x07details\f (\v2'.kefu.router.v1.AuditEntry.DetailsEntry\f
hash\r (	\f
json (	.
\fDetailsEntry\v
key (	\r
value (	:8"í
ListAuditEntriesRequest
tenant (	.

start_time (\v2.google.protobuf.Timestamp,
\bend_time (\v2.google.protobuf.Timestamp\r
actor (	
action (	
target (	
failed\x07 (\b
	page_size\b (

page_token	 (	"\`
ListAuditEntriesResponse+
\x07entries (\v2.kefu.router.v1.AuditEntry
next_page_token (	"8
VerifyAuditRequest
tenant (	

known_hash (	"¥
VerifyAuditResponse
\x07entries (
\x07removed (
\rlast_sequence (
	last_hash (	
broken_sequence (
\x07problem (	
known_hash_found\x07 (\b2Í
\fAuditServicee
ListAuditEntries'.kefu.router.v1.ListAuditEntriesRequest(.kefu.router.v1.ListAuditEntriesResponseV
\vVerifyAudit".kefu.router.v1.VerifyAuditRequest#.kefu.router.v1.VerifyAuditResponsebproto3`),[Me]),0),nu=We(btoa(`
kefu/router/v1/insight.protokefu.router.v1"Ô
\x07Numbers.

start_time (\v2.google.protobuf.Timestamp
	questions (
	confirmed (
\x07assumed (
\breopened (7
\bhandoffs (\v2%.kefu.router.v1.Numbers.HandoffsEntry5
\x07sources\x07 (\v2$.kefu.router.v1.Numbers.SourcesEntry9
	languages\b (\v2&.kefu.router.v1.Numbers.LanguagesEntry
\brated_up	 (

rated_down
 (
\x07replies\v (/

first_text\f (\v2\x1B.kefu.router.v1.Percentiles*
total\r (\v2\x1B.kefu.router.v1.Percentiles/
\rHandoffsEntry\v
key (	\r
value (:8.
\fSourcesEntry\v
key (	\r
value (:80
LanguagesEntry\v
key (	\r
value (:8"C
\vPercentiles\r
count (\v
p50 (\v
p95 (\v
p99 ("q
GetNumbersRequest.

start_time (\v2.google.protobuf.Timestamp,
\bend_time (\v2.google.protobuf.Timestamp"d
GetNumbersResponse&
total (\v2.kefu.router.v1.Numbers&
hours (\v2.kefu.router.v1.Numbers"Æ
UnansweredQuestion\f
turn (	\f
text (	
\blanguage (	.
reason (2.kefu.router.v1.Handoff.Reason

rated_down (\b/
\vcreate_time (\v2.google.protobuf.Timestamp\r
reply\x07 (	"
UnansweredGroup3
\x07central (\v2".kefu.router.v1.UnansweredQuestion5
	questions (\v2".kefu.router.v1.UnansweredQuestion\r
count (\r"Z
ListUnansweredRequest.

start_time (\v2.google.protobuf.Timestamp
	page_size ("b
ListUnansweredResponse/
groups (\v2.kefu.router.v1.UnansweredGroup
total_questions (\r")
DismissUnansweredRequest\r
turns (	".
DismissUnansweredResponse
	dismissed (\r"
ListDocumentUseRequest.

start_time (\v2.google.protobuf.Timestamp,
\bend_time (\v2.google.protobuf.Timestamp
	page_size ("2
\vDocumentUse
\bdocument (	
	citations ("I
ListDocumentUseResponse.
	documents (\v2\x1B.kefu.router.v1.DocumentUse2
InsightServiceS

GetNumbers!.kefu.router.v1.GetNumbersRequest".kefu.router.v1.GetNumbersResponse_
ListUnanswered%.kefu.router.v1.ListUnansweredRequest&.kefu.router.v1.ListUnansweredResponseh
DismissUnanswered(.kefu.router.v1.DismissUnansweredRequest).kefu.router.v1.DismissUnansweredResponseb
ListDocumentUse&.kefu.router.v1.ListDocumentUseRequest'.kefu.router.v1.ListDocumentUseResponsebproto3`),[Me,Xe]),ru=Pe(nu,0),iu=We(btoa(`
kefu/router/v1/experiment.protokefu.router.v1"Ë

Experiment\f
name (	\r
draft (	
\rshare_percent (\r
most_conversations (\r\r
title (	
author (	.

start_time\x07 (\v2.google.protobuf.Timestamp,
\bend_time\b (\v2.google.protobuf.Timestamp+
end	 (2.kefu.router.v1.Experiment.End

end_author
 (	
staged_settings\f (	2
\x07figures\v (\v2!.kefu.router.v1.ExperimentFigures"b
End
END_UNSPECIFIED\0
\vEND_STOPPED
\fEND_PROMOTED
\vEND_PLANNED
END_DRAFT_GONE"
ExperimentFigures(
live (\v2.kefu.router.v1.ArmFigures)
draft (\v2.kefu.router.v1.ArmFigures

difference (
difference_low (
difference_high (
\bevidence (
false_alarm_rate\x07 (:
\x07verdict\b (2).kefu.router.v1.ExperimentFigures.Verdict"l
\x07Verdict
VERDICT_UNSPECIFIED\0
VERDICT_UNDECIDED
VERDICT_DRAFT_BETTER
VERDICT_DRAFT_WORSE"

ArmFigures
\rconversations (*
\bresolved (\v2.kefu.router.v1.ArmShare-
\vhanded_over (\v2.kefu.router.v1.ArmShare,

rated_down (\v2.kefu.router.v1.ArmShare/

first_text (\v2\x1B.kefu.router.v1.Percentiles
\brepeated (
without_question\x07 (
	fell_back\b ("C
\bArmShare\r
count (\r
share (\v
low (\f
high ("H
StartExperimentRequest.

experiment (\v2.kefu.router.v1.Experiment"I
StartExperimentResponse.

experiment (\v2.kefu.router.v1.Experiment"$
GetExperimentRequest\f
name (	"G
GetExperimentResponse.

experiment (\v2.kefu.router.v1.Experiment"
ListExperimentsRequest"J
ListExperimentsResponse/
\vexperiments (\v2.kefu.router.v1.Experiment"%
StopExperimentRequest\f
name (	"H
StopExperimentResponse.

experiment (\v2.kefu.router.v1.Experiment"(
PromoteExperimentRequest\f
name (	"K
PromoteExperimentResponse.

experiment (\v2.kefu.router.v1.Experiment2
ExperimentServiceb
StartExperiment&.kefu.router.v1.StartExperimentRequest'.kefu.router.v1.StartExperimentResponse\\
\rGetExperiment$.kefu.router.v1.GetExperimentRequest%.kefu.router.v1.GetExperimentResponseb
ListExperiments&.kefu.router.v1.ListExperimentsRequest'.kefu.router.v1.ListExperimentsResponse_
StopExperiment%.kefu.router.v1.StopExperimentRequest&.kefu.router.v1.StopExperimentResponseh
PromoteExperiment(.kefu.router.v1.PromoteExperimentRequest).kefu.router.v1.PromoteExperimentResponsebproto3`),[Me,nu]),au=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.STOPPED=1]=`STOPPED`,e[e.PROMOTED=2]=`PROMOTED`,e[e.PLANNED=3]=`PLANNED`,e[e.DRAFT_GONE=4]=`DRAFT_GONE`,e}({}),ou=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.UNDECIDED=1]=`UNDECIDED`,e[e.DRAFT_BETTER=2]=`DRAFT_BETTER`,e[e.DRAFT_WORSE=3]=`DRAFT_WORSE`,e}({}),su=Pe(iu,0),cu=We(btoa(`
kefu/router/v1/procedure.protokefu.router.v1"Á
	Procedure\f
name (	\f
page (	
\brevision (/
\vupdate_time (\v2.google.protobuf.Timestamp
author (	5
titles (\v2%.kefu.router.v1.Procedure.TitlesEntry2
\bfindings\x07 (\v2 .kefu.router.v1.ProcedureFinding+
flow\b (\v2.kefu.router.v1.ProcedureStep-
\vTitlesEntry\v
key (	\r
value (	:8"@
ProcedureFinding\f
line (\r\f
text (	
\bis_error (\b"
\rProcedureStep\f
line (\r\r
depth (\r0
kind (2".kefu.router.v1.ProcedureStep.Kind\f
text (	"
Kind
KIND_UNSPECIFIED\0\f
\bKIND_ASK
\fKIND_LOOK_UP\v
\x07KIND_IF
KIND_OTHERWISE\f
\bKIND_SAY\v
\x07KIND_DO
KIND_HAND_OVER\x07\f
\bKIND_END\b"%
CheckProcedureRequest\f
page (	"y
CheckProcedureResponse2
\bfindings (\v2 .kefu.router.v1.ProcedureFinding+
flow (\v2.kefu.router.v1.ProcedureStep":
SimulateProcedureRequest\f
page (	
\blanguage (	"{
SimulateProcedureResponse<
\rconversations (\v2%.kefu.router.v1.SimulatedConversation\r
wrong (\r
	unreached (\r"Ø
SimulatedConversation
\bcustomer (	G
	situation (\v24.kefu.router.v1.SimulatedConversation.SituationEntry?
\bmessages (\v2-.kefu.router.v1.SimulatedConversation.Message
\x07outcome (	
\x07changes (	
\bproblems (	=
\x07Message
\vis_customer (\b\f
text (	
\x07choices (	0
SituationEntry\v
key (	\r
value (	:8"U
PutProcedureRequest,
	procedure (\v2.kefu.router.v1.Procedure
\brevision ("D
PutProcedureResponse,
	procedure (\v2.kefu.router.v1.Procedure"5
GetProcedureRequest\f
name (	
\brevision ("D
GetProcedureResponse,
	procedure (\v2.kefu.router.v1.Procedure"
ListProceduresRequest"G
ListProceduresResponse-

procedures (\v2.kefu.router.v1.Procedure"-
ListProcedureRevisionsRequest\f
name (	"O
ListProcedureRevisionsResponse-

procedures (\v2.kefu.router.v1.Procedure"&
DeleteProcedureRequest\f
name (	"
DeleteProcedureResponse2Ñ
ProcedureService_
CheckProcedure%.kefu.router.v1.CheckProcedureRequest&.kefu.router.v1.CheckProcedureResponseh
SimulateProcedure(.kefu.router.v1.SimulateProcedureRequest).kefu.router.v1.SimulateProcedureResponseY
\fPutProcedure#.kefu.router.v1.PutProcedureRequest$.kefu.router.v1.PutProcedureResponseY
\fGetProcedure#.kefu.router.v1.GetProcedureRequest$.kefu.router.v1.GetProcedureResponse_
ListProcedures%.kefu.router.v1.ListProceduresRequest&.kefu.router.v1.ListProceduresResponsew
ListProcedureRevisions-.kefu.router.v1.ListProcedureRevisionsRequest..kefu.router.v1.ListProcedureRevisionsResponseb
DeleteProcedure&.kefu.router.v1.DeleteProcedureRequest'.kefu.router.v1.DeleteProcedureResponsebproto3`),[Me]),lu=D(cu,0),uu=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.ASK=1]=`ASK`,e[e.LOOK_UP=2]=`LOOK_UP`,e[e.IF=3]=`IF`,e[e.OTHERWISE=4]=`OTHERWISE`,e[e.SAY=5]=`SAY`,e[e.DO=6]=`DO`,e[e.HAND_OVER=7]=`HAND_OVER`,e[e.END=8]=`END`,e}({}),du=Pe(cu,0),fu=We(btoa(`
kefu/router/v1/webhook.protokefu.router.v1"
\x07Webhook\f
name (	\v
url (	,
events (2.kefu.router.v1.WebhookEvent/
\vcreate_time (\v2.google.protobuf.Timestamp"ä
\bDelivery\f
name (	+
event (2.kefu.router.v1.WebhookEvent-
state (2.kefu.router.v1.Delivery.State
\battempts (\r
\vhttp_status (\r\r
error (	/
\vcreate_time\x07 (\v2.google.protobuf.Timestamp-
	next_time\b (\v2.google.protobuf.Timestamp"X
State
STATE_UNSPECIFIED\0
\rSTATE_PENDING
STATE_DELIVERED
\fSTATE_FAILED"Q
CreateWebhookRequest\v
url (	,
events (2.kefu.router.v1.WebhookEvent"Q
CreateWebhookResponse(
\x07webhook (\v2.kefu.router.v1.Webhook
secret (	"
ListWebhooksRequest"A
ListWebhooksResponse)
\bwebhooks (\v2.kefu.router.v1.Webhook"$
DeleteWebhookRequest\f
name (	"
DeleteWebhookResponse"O
ListDeliveriesRequest
\x07webhook (	
	page_size (

page_token (	"_
ListDeliveriesResponse,

deliveries (\v2.kefu.router.v1.Delivery
next_page_token (	" 
RedeliverRequest\f
name (	"
RedeliverResponse*²
\fWebhookEvent
WEBHOOK_EVENT_UNSPECIFIED\0
WEBHOOK_EVENT_HANDOFF
WEBHOOK_EVENT_TURN
WEBHOOK_EVENT_RATING
WEBHOOK_EVENT_ESCALATION
WEBHOOK_EVENT_GOLDEN2Ú
WebhookService\\
\rCreateWebhook$.kefu.router.v1.CreateWebhookRequest%.kefu.router.v1.CreateWebhookResponseY
\fListWebhooks#.kefu.router.v1.ListWebhooksRequest$.kefu.router.v1.ListWebhooksResponse\\
\rDeleteWebhook$.kefu.router.v1.DeleteWebhookRequest%.kefu.router.v1.DeleteWebhookResponse_
ListDeliveries%.kefu.router.v1.ListDeliveriesRequest&.kefu.router.v1.ListDeliveriesResponseP
	Redeliver .kefu.router.v1.RedeliverRequest!.kefu.router.v1.RedeliverResponsebproto3`),[Me]),pu=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.PENDING=1]=`PENDING`,e[e.DELIVERED=2]=`DELIVERED`,e[e.FAILED=3]=`FAILED`,e}({}),mu=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.HANDOFF=1]=`HANDOFF`,e[e.TURN=2]=`TURN`,e[e.RATING=3]=`RATING`,e[e.ESCALATION=4]=`ESCALATION`,e[e.GOLDEN=5]=`GOLDEN`,e}({}),hu=Pe(fu,0);function gu(e){return{actions:Ee(Jl,e),admin:Ee($l,e),attachments:Ee(eu,e),audit:Ee(tu,e),chat:Ee(ze,e),desk:Ee(ys,e),golden:Ee(eo,e),drafts:Ee(Lc,e),experiments:Ee(su,e),histories:Ee(Nl,e),insight:Ee(ru,e),knowledge:Ee(Er,e),procedures:Ee(du,e),review:Ee(Vi,e),sources:Ee(Gl,e),webhooks:Ee(hu,e)}}async function*_u(e){let t=``;do{let n=await e(t);yield n,t=n.nextPageToken}while(t!==``)}function vu(e){return[Pc.OPEN,Pc.CHECKING,Pc.HELD].includes(e.state)}function yu(e){switch(e.state){case Pc.CHECKING:return F(`draftChecking`);case Pc.HELD:return F(`draftHeld`);case Pc.PROMOTED:return F(`draftPromoted`);case Pc.DISCARDED:return F(`draftDiscarded`);default:return F(`draftOpen`)}}function bu(e){return e===void 0?``:F(`draftCounts`,{added:e.documentsAdded+e.curatedAnswersAdded,changed:e.documentsChanged+e.curatedAnswersChanged+ +!!e.dictionaryChanged,deleted:e.documentsDeleted+e.curatedAnswersDeleted})}function xu(e){switch(e.change){case Ic.ADDED:return F(`changeAdded`);case Ic.DELETED:return F(`changeDeleted`);default:return F(`changeChanged`)}}function Su(e){return e.title||e.label||F(`changeDictionary`)}function Cu(e){return e.title||F(`versionOriginal`)}var wu=500;function Tu({collection:e,draft:t,round:n}){let{services:r}=W(),[i,a]=h(null),o=z(async(e,n)=>{let i=[];for await(let a of _u(n=>r.drafts.listDraftChanges({draft:t,pageSize:100,pageToken:n},{signal:e})))if(i.push(...a.changes),n([...i]),i.length>=wu)break;return i},[r,t,n]),s=o.value??[];return A(`section`,{class:`stack`,children:[A(`h3`,{children:F(`draftChanges`)}),A(q,{failure:o.failure,retry:o.reload}),o.value===null&&o.failure===null?A(Y,{}):null,o.value?.length===0?A(J,{icon:`file`,title:F(`draftNoChanges`),children:F(`draftNoChangesMore`,{id:V(t)})}):null,s.length>0?A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":F(`draftChanges`),children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`document`)}),A(`th`,{scope:`col`,children:F(`changeWhat`)}),A(`td`,{})]})}),A(`tbody`,{children:s.slice(0,wu).map(e=>A(`tr`,{children:[A(`th`,{scope:`row`,dir:`auto`,children:[Su(e),e.kind===Fc.DOCUMENT?A(`span`,{class:`path`,children:e.label}):null]}),A(`td`,{children:[A(X,{kind:e.change===Ic.DELETED?`danger`:`plain`,children:xu(e)}),` `,e.conflict?A(X,{kind:`warn`,children:F(`changeConflict`)}):null]}),A(`td`,{class:`row-actions`,children:A(`button`,{type:`button`,class:`button small`,"aria-label":F(`showChangeNamed`,{name:Su(e)}),onClick:()=>a(e),children:F(`showChange`)})})]},e.name))})]})}):null,i?A(Eu,{collection:e,draft:t,change:i,onClose:()=>a(null)}):null]})}function Eu({collection:e,draft:t,change:n,onClose:r}){let{services:i}=W(),a=z(r=>Promise.all([Du(i,e,n,``,r),Du(i,e,n,t,r)]),[i,n,t]),o=F(`changeOf`,{name:Su(n)});return A(N,{kind:`panel`,title:o,closeLabel:F(`close`),onClose:r,children:[A(q,{failure:a.failure,retry:a.reload}),a.value===null&&a.failure===null?A(Y,{}):null,a.value?A(Al,{before:a.value[0],after:a.value[1],caption:o}):null]})}async function Du(e,t,n,r,i){let a=r===``?Ic.ADDED:Ic.DELETED;if(n.change===a)return``;if(n.kind===Fc.DICTIONARY)return(await e.knowledge.getDictionary({collection:t,draft:r},{signal:i})).dictionary?.text??``;if(n.kind===Fc.CURATED_ANSWER){for await(let a of _u(n=>e.knowledge.listCuratedAnswers({collection:t,draft:r,pageSize:100,pageToken:n},{signal:i}))){let e=a.curatedAnswers.find(e=>e.name===n.name);if(e)return Ou(e)}return``}let o=[];for await(let t of _u(t=>e.knowledge.listPassages({document:n.name,draft:r,pageSize:100,pageToken:t},{signal:i})))o.push(...t.passages);return $c(o[0]?.title??``,o,!0)}function Ou(e){return[...e.questions,``,e.answer].join(`
`)}function ku({draft:e}){let t=e.state===Pc.HELD?`danger`:e.state===Pc.PROMOTED?`good`:`plain`;return A(g,{children:[A(X,{kind:t,children:yu(e)}),` `,e.outdated?A(X,{kind:`warn`,children:F(`draftOutdated`)}):null]})}var Au=3;function ju({collection:e,draft:t}){let{services:n}=W(),[r,i]=h(``),[a,o]=h(``),s=z(async r=>a===``?[]:Promise.all([``,t].map(t=>n.knowledge.search({collections:[e],query:a,topK:Au,audience:Tr.EVERYONE,draft:t},{signal:r}))),[n,e,t,a]),[c,l]=s.value??[];return A(`section`,{class:`stack`,children:[A(`h3`,{children:F(`tryDraft`)}),A(`form`,{class:`search-form`,onSubmit:e=>{e.preventDefault(),o(r.trim()),s.reload()},children:[A(Z,{label:F(`testQuestion`),hint:F(`tryDraftMore`),children:(e,t)=>A(`input`,{id:e,class:`field`,type:`search`,dir:`auto`,maxLength:4e3,value:r,"aria-describedby":t,onInput:e=>i(e.currentTarget.value)})}),A(`button`,{type:`submit`,class:`button`,children:F(`search`)})]}),A(q,{failure:s.failure,retry:s.reload}),a!==``&&s.value===null&&s.failure===null?A(Y,{}):null,c&&l?A(`div`,{class:`columns`,children:[A(Mu,{title:F(`tryLive`),response:c}),A(Mu,{title:F(`tryDraftSide`),response:l})]}):null]})}function Mu({title:e,response:t}){let n=t.curatedMatch?.applies?t.curatedMatch.curatedAnswer:void 0;return A(`section`,{class:`panel-card`,"aria-label":e,children:[A(`h4`,{children:e}),n?A(`p`,{class:`pre`,dir:`auto`,children:[A(`strong`,{children:F(`curatedApplies`)}),` `,n.answer]}):null,t.hits.length===0?A(`p`,{class:`soft`,children:F(`nothingFound`)}):null,A(`ol`,{class:`passages`,children:t.hits.map(e=>A(`li`,{children:[A(`p`,{class:`passage-head`,dir:`auto`,children:[[e.passage?.title,...e.passage?.headings??[]].filter(Boolean).join(` › `),` · `,R(e.relevance)]}),A(`div`,{class:`passage-text`,dir:`auto`,children:A(nt,{pieces:[{text:e.passage?.text??``,marked:!1}]})})]},e.passage?.name))})]})}var Nu=2e3;function Pu({collection:e,name:t,onChange:n}){let{services:r}=W(),[i,a]=h(null),[o,s]=h(``),[c,l]=h(``),[u,d]=h(0),f=B(),p=z(async e=>(await r.drafts.getDraft({name:t},{signal:e})).draft,[r,t]),m=p.value,{reload:_}=p,v=m?.state===Pc.CHECKING;S(()=>{if(!v)return;let e=setInterval(_,Nu);return()=>{clearInterval(e)}},[v,_]);let y=()=>{d(u+1),p.reload(),n()},b=()=>{a(null),f.clear()},x=e=>{f.run(async()=>{l(await e()),a(null),y()})};if(m==null)return A(g,{children:[A(Fu,{collection:e}),A(q,{failure:p.failure,retry:p.reload}),p.failure===null?A(Y,{}):null]});let C=m.state===Pc.HELD||m.state===Pc.CHECKING;return A(g,{children:[A(Fu,{collection:e}),A(`h2`,{dir:`auto`,children:m.title}),A(`p`,{children:[A(ku,{draft:m}),` `,A(`span`,{class:`soft`,children:`${bu(m.changes)} · ${m.origin} · ${I(m.createTime)}`})]}),c===``?null:A(K,{kind:`good`,children:c}),m.check?A(Iu,{draft:m}):null,m.outdated?A(K,{kind:`warn`,children:F(`draftOutdatedMore`)}):null,f.failure!==null&&i===null?A(q,{failure:f.failure}):null,vu(m)?A(g,{children:[A(`div`,{class:`row tools`,children:[A(qc,{collection:e,draft:t,onDone:y}),m.outdated?A(`button`,{type:`button`,class:`button`,disabled:f.busy,onClick:()=>x(async()=>{let{taken:e,conflicts:n}=await r.drafts.refreshDraft({name:t});return F(`refreshedDraft`,{taken:e,conflicts:n.length})}),children:F(`refreshDraft`)}):null,A(`button`,{type:`button`,class:`button primary`,disabled:m.outdated,onClick:()=>a(`promote`),children:F(`promoteDraft`)}),A(`button`,{type:`button`,class:`button danger`,onClick:()=>a(`discard`),children:F(`discardDraft`)})]}),A(Tu,{collection:e,draft:t,round:u}),A(ju,{collection:e,draft:t})]}):null,i===`promote`?A(Q,{title:F(`promoteDraftTitle`),action:F(`promoteDraft`),busy:f.busy||C&&o.trim()===``,failure:f.failure,onClose:b,onConfirm:()=>x(async()=>(await r.drafts.promoteDraft({name:t,override:C,reason:C?o:``}),F(`promotedDraft`))),children:[A(`p`,{children:F(`promoteDraftMore`)}),C?A(Z,{label:m.state===Pc.CHECKING?F(`promoteUnchecked`):F(`promoteAlthough`),children:e=>A(`input`,{id:e,class:`field`,dir:`auto`,required:!0,maxLength:200,value:o,onInput:e=>s(e.currentTarget.value)})}):null]}):null,i===`discard`?A(Q,{title:F(`discardDraftTitle`),action:F(`discardDraft`),danger:!0,busy:f.busy,failure:f.failure,onClose:b,onConfirm:()=>x(async()=>(await r.drafts.discardDraft({name:t}),F(`draftDiscarded`))),children:A(`p`,{children:F(`discardDraftMore`)})}):null]})}function Fu({collection:e}){return A(`p`,{children:A(`a`,{href:U(`knowledge`,H(e),`drafts`),children:[`← `,F(`allDrafts`)]})})}function Iu({draft:e}){let t=e.check;if(t===void 0)return null;let n={passed:t.passed,failed:t.failed},r=e.state===Pc.HELD,i=Ei(t.message);return A(K,{kind:r?`warn`:`info`,children:[A(`p`,{children:[F(r?`draftHeldMore`:`draftCheckedMore`,n),` `,t.outdated?F(`draftCheckOld`):``]}),t.message?A(`p`,{dir:`auto`,children:t.message}):null,i===null?null:A(`p`,{children:A(`a`,{href:U(`golden`,`runs`,i),children:F(`bothAnswers`)})}),t.lost.length>0?A(g,{children:[A(`p`,{children:F(`draftLost`)}),A(`ul`,{children:t.lost.slice(0,20).map(e=>A(`li`,{dir:`auto`,children:A(`a`,{href:U(`golden`,`questions`,V(e)),children:V(e)})},e))})]}):null]})}function Lu({collection:e,onChange:t}){let{services:n}=W(),[r,i]=h(null),[a,o]=h(``),s=B(),c=z(async t=>(await n.drafts.listVersions({collection:e},{signal:t})).versions,[n,e]),l=c.value??[],u=()=>{i(null),s.clear()},d=r=>{s.run(async()=>{await n.drafts.rollBack({collection:e,version:r.name}),o(F(`rolledBack`,{title:Cu(r)})),i(null),c.reload(),t()})};return A(`section`,{class:`stack`,children:[A(`h2`,{children:F(`versionsHead`)}),A(`p`,{class:`soft`,children:F(`versionsMore`)}),A(q,{failure:c.failure,retry:c.reload}),a===``?null:A(K,{kind:`good`,children:a}),l.length>0?A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":F(`versionsHead`),children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`versionsHead`)}),A(`th`,{scope:`col`,children:F(`draftState`)}),A(`th`,{scope:`col`,class:`figure`,children:F(`documents`)}),A(`td`,{})]})}),A(`tbody`,{children:l.map(e=>A(`tr`,{children:[A(`th`,{scope:`row`,dir:`auto`,children:[Cu(e),A(`span`,{class:`path`,children:e.madeLiveBy})]}),A(`td`,{children:e.live?A(X,{kind:`good`,children:F(`liveNow`)}):F(`liveUntil`,{time:I(e.replaceTime)})}),A(`td`,{class:`figure`,children:L(e.documentCount)}),A(`td`,{class:`row-actions`,children:e.live?null:A(`button`,{type:`button`,class:`button small`,"aria-label":F(`rollBackNamed`,{title:Cu(e)}),onClick:()=>i(e),children:[A(G,{name:`redo`}),` `,F(`rollBack`)]})})]},e.name))})]})}):null,r?A(Q,{title:F(`rollBackNamed`,{title:Cu(r)}),action:F(`rollBack`),busy:s.busy,failure:s.failure,onClose:u,onConfirm:()=>d(r),children:A(`p`,{children:F(`rollBackMore`)})}):null]})}function Ru({collection:e,open:t,onChange:n}){let{services:r}=W(),[i,a]=h(!1),o=z(async t=>(await r.drafts.listDrafts({collection:e.name},{signal:t})).drafts,[r,e.name]),s=H(e.name),c=()=>{o.reload(),n()};if(t!==``)return A(Pu,{collection:e.name,name:`${e.name}/drafts/${t}`,onChange:c},t);let l=o.value??[],u=l.filter(e=>!vu(e));return A(g,{children:[A(`div`,{class:`toolbar`,children:[A(`p`,{class:`soft`,children:F(`draftsMore`)}),A(`button`,{type:`button`,class:`button primary`,onClick:()=>a(!0),children:[A(G,{name:`plus`}),` `,F(`newDraft`)]})]}),A(q,{failure:o.failure,retry:o.reload}),o.value===null&&o.failure===null?A(Y,{}):null,o.value!==null&&!l.some(vu)?A(J,{icon:`edit`,title:F(`noDrafts`),children:F(`noDraftsMore`)}):null,l.some(vu)?A(zu,{collection:s,drafts:l.filter(vu),caption:F(`drafts`)}):null,A(Lu,{collection:e.name,onChange:c}),u.length>0?A(`section`,{class:`stack`,children:[A(`h2`,{children:F(`closedDrafts`)}),A(zu,{collection:s,drafts:u,caption:F(`closedDrafts`)})]}):null,i?A(Bu,{collection:e.name,onClose:()=>a(!1),onMade:e=>{a(!1),o.reload(),ii(`knowledge`,s,`drafts`,V(e))}}):null]})}function zu({collection:e,drafts:t,caption:n}){return A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":n,children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`draftTitle`)}),A(`th`,{scope:`col`,children:F(`draftState`)}),A(`th`,{scope:`col`,children:F(`draftChanges`)}),A(`th`,{scope:`col`,children:F(`draftMade`)})]})}),A(`tbody`,{children:t.map(t=>A(`tr`,{children:[A(`th`,{scope:`row`,children:[A(`a`,{href:U(`knowledge`,e,`drafts`,V(t.name)),dir:`auto`,children:t.title}),A(`span`,{class:`path`,children:t.origin})]}),A(`td`,{children:A(ku,{draft:t})}),A(`td`,{children:bu(t.changes)}),A(`td`,{children:I(t.createTime)})]},t.name))})]})})}function Bu({collection:e,onClose:t,onMade:n}){let{services:r}=W(),[i,a]=h(``),o=B();return A(N,{kind:`box`,title:F(`newDraft`),closeLabel:F(`close`),onClose:t,children:A(`form`,{class:`stack`,onSubmit:t=>{t.preventDefault(),o.run(async()=>{let{draft:t}=await r.drafts.createDraft({collection:e,title:i});n(t?.name??``)})},children:[A(Z,{label:F(`draftTitle`),children:e=>A(`input`,{id:e,class:`field`,dir:`auto`,maxLength:100,value:i,onInput:e=>a(e.currentTarget.value)})}),o.busy?A(Y,{}):null,A(q,{failure:o.failure}),A(`div`,{class:`dialog-actions`,children:[A(`button`,{type:`button`,class:`button`,onClick:t,children:F(`cancel`)}),A(`button`,{type:`submit`,class:`button primary`,disabled:o.busy,children:F(`create`)})]})]})})}function Vu({collection:e,document:t,passages:n,onClose:r,onSaved:i}){let{credentials:a}=W(),[o,s]=h(t?.path??``),c=!/\.txt$/i.test(o),[l,u]=h(t&&n?$c(t.title,n,c):``),[d,f]=h(t?.validFrom??``),[p,m]=h(t?.validUntil??``),[g,_]=h(t?.audience===Tr.STAFF),[v,y]=h(!1),[b,x]=h(``),S=async()=>{let n=/\.(md|markdown|txt)$/i.test(o)?o:`${o}.md`,r={...t?{title:t.title,language:t.language,uri:t.uri,metadata:t.metadata}:{},valid_from:d,valid_until:p,audience:g?`AUDIENCE_STAFF`:`AUDIENCE_EVERYONE`},s=new File([l],n.split(`/`).at(-1)??n,{type:c?`text/markdown`:`text/plain`});y(!0),x(``);let u=F(`uploadBroken`);try{for await(let{report:t}of Hc(e,s,n,r,a,new AbortController().signal))t.case===`result`&&(u=t.value.outcome===Cr.FAILED?yi(t.value):``)}catch(e){u=e instanceof Vc?yi(e.failure):F(`uploadBroken`)}y(!1),x(u),u===``&&i()};return A(N,{kind:`panel`,title:t?F(`editNamed`,{title:t.title||t.path}):F(`writeDocument`),closeLabel:F(`close`),onClose:r,children:A(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),S()},children:[t?A(K,{kind:`info`,children:F(`editNote`)}):A(Z,{label:F(`path`),hint:F(`pathHint`),children:(e,t)=>A(`input`,{id:e,class:`field mono`,required:!0,maxLength:1e3,value:o,placeholder:`returns.md`,"aria-describedby":t,onInput:e=>s(e.currentTarget.value)})}),A(Z,{label:F(`text`),hint:c?F(`markdownHint`):``,children:(e,t)=>A(`textarea`,{id:e,class:`field mono editor`,dir:`auto`,rows:18,required:!0,value:l,"aria-describedby":t,onInput:e=>u(e.currentTarget.value)})}),A(`div`,{class:`row`,children:[A(Z,{label:F(`validFrom`),children:e=>A(`input`,{id:e,class:`field`,type:`date`,value:d,onInput:e=>f(e.currentTarget.value)})}),A(Z,{label:F(`validUntil`),children:e=>A(`input`,{id:e,class:`field`,type:`date`,value:p,onInput:e=>m(e.currentTarget.value)})})]}),A(`label`,{class:`check`,children:[A(`input`,{type:`checkbox`,checked:g,onChange:e=>_(e.currentTarget.checked)}),` `,F(`staffOnlyMore`)]}),b?A(K,{kind:`danger`,children:b}):null,A(`div`,{class:`dialog-actions`,children:[A(`button`,{type:`button`,class:`button`,onClick:r,children:F(`cancel`)}),A(`button`,{type:`submit`,class:`button primary`,disabled:v,children:F(v?`saving`:`save`)})]})]})})}function Hu(e){if(e===void 0)return``;let t=pe.value===`zh`?e.pages.replaceAll(`, `,`、`):e.pages,n=[...e.pageCount>0?[F(`ocrPages`,{count:e.pageCount,pages:t})]:[],...e.pictureCount>0?[F(`ocrPictures`,{count:e.pictureCount})]:[]];return n.length>0?F(`ocrRead`,{what:n.join(F(`ocrAnd`)),percent:Math.floor(e.certainty*100+1e-4)}):``}function Uu(e){return e?.doubtfulPages?F(`ocrDoubtful`,{pages:e.doubtfulPages}):``}function Wu({document:e,version:t,onRestored:n}){let{services:r}=W(),[i,a]=h(``),[o,s]=h(``),c=B(),l=z(async t=>(await r.histories.listRevisions({document:e},{signal:t})).revisions,[r,e,t]),u=l.value??[],d=u.findIndex(e=>e.name===i),f=e=>{c.run(async()=>{await r.histories.restoreRevision({name:e.name}),s(V(e.name)),a(``),l.reload(),n()})};return A(`section`,{class:`stack`,children:[A(`h3`,{children:F(`history`)}),A(`p`,{class:`hint`,children:F(`historyMore`)}),A(q,{failure:l.failure??c.failure,retry:l.reload}),l.value===null&&l.failure===null?A(Y,{}):null,o===``?null:A(K,{kind:`good`,children:F(`historyRestored`,{n:o})}),A(`ol`,{class:`plain-list rows`,reversed:!0,children:u.map((e,t)=>{let n=V(e.name),r=u[t+1];return A(`li`,{children:[A(`span`,{children:[F(`revisionIs`,{n}),` `,t===0?A(X,{kind:`good`,children:F(`current`)}):null,` `,I(e.time),` `,A(`span`,{class:`soft`,children:[e.author||F(`historyUnknown`),` `,Ku(e)]})]}),A(`span`,{class:`card-actions`,children:[r&&!e.deleted?A(`button`,{type:`button`,class:`button small`,"aria-label":F(`whatChangedIn`,{n}),onClick:()=>a(e.name),children:F(`whatChanged`)}):null,t>0&&!e.deleted?A(`button`,{type:`button`,class:`button small`,disabled:c.busy,"aria-label":F(`restoreNamed`,{n}),onClick:()=>f(e),children:[A(G,{name:`redo`}),` `,F(`restore`)]}):null]})]},e.name)})}),d>=0?A(Gu,{revision:u[d],before:u[d+1]}):null]})}function Gu({revision:e,before:t}){let{services:n}=W(),r=z(r=>Promise.all([t,e].map(async e=>e===void 0||e.deleted?``:(await n.histories.getRevision({name:e.name},{signal:r})).text)),[n,e,t]),[i=``,a=``]=r.value??[];return A(g,{children:[A(q,{failure:r.failure,retry:r.reload}),r.value===null&&r.failure===null?A(Y,{}):null,r.value?A(Al,{before:i,after:a,caption:F(`revisionIs`,{n:V(e.name)})}):null]})}function Ku(e){if(e.deleted)return`· ${F(`historyDeleted`)}`;let[t=``,n=``]=e.origin.split(`/`);switch(t){case`drafts`:return`· ${F(`historyFromDraft`)}`;case`versions`:return`· ${F(`historyFromVersion`)}`;case`revisions`:return`· ${F(`historyRestored`,{n})}`;default:return``}}function qu({document:e}){let t=[e.validFrom||`…`,e.validUntil||`…`].join(` – `);switch(Jc(e,tl())){case`ended`:return A(g,{children:[A(X,{kind:`danger`,children:F(`validityEnded`)}),` `,A(`span`,{class:`nowrap`,children:t})]});case`ending`:return A(g,{children:[A(X,{kind:`warn`,children:F(`validityEnding`)}),` `,A(`span`,{class:`nowrap`,children:t})]});case`coming`:return A(g,{children:[A(X,{children:F(`validityComing`)}),` `,A(`span`,{class:`nowrap`,children:t})]});case`valid`:return e.validFrom||e.validUntil?A(`span`,{class:`nowrap`,children:t}):A(`span`,{class:`soft`,children:F(`always`)})}}async function Ju(e,t,n){let r=[];for await(let i of _u(r=>e.knowledge.listPassages({document:t,pageSize:100,pageToken:r},{signal:n})))r.push(...i.passages);return r}function Yu({document:e,onClose:t,onChange:n}){let{services:r}=W(),[i,a]=h(null),[o,s]=h(!0),c=B(),l=z(t=>Ju(r,e.name,t),[r,e.name,e.sha256]);return A(N,{kind:`panel`,title:e.title||e.path,closeLabel:F(`close`),onClose:t,children:[A(`dl`,{class:`facts`,children:[A(`dt`,{children:F(`path`)}),A(`dd`,{class:`breakable`,children:e.path}),A(`dt`,{children:F(`language`)}),A(`dd`,{children:Yr(e.language)}),A(`dt`,{children:F(`validity`)}),A(`dd`,{children:A(qu,{document:e})}),A(`dt`,{children:F(`audience`)}),A(`dd`,{children:e.audience===Tr.STAFF?F(`staffOnly`):F(`everyone`)}),e.uri?A(g,{children:[A(`dt`,{children:F(`address`)}),A(`dd`,{class:`breakable`,children:e.uri})]}):null,Object.entries(e.metadata).map(([e,t])=>A(g,{children:[A(`dt`,{children:e}),A(`dd`,{children:t})]})),Hu(e.recognition)?A(g,{children:[A(`dt`,{children:F(`ocr`)}),A(`dd`,{children:[Hu(e.recognition),Uu(e.recognition)?A(`p`,{class:`hint`,children:Uu(e.recognition)}):null]})]}):null,A(`dt`,{children:F(`updated`)}),A(`dd`,{children:Kr(e.updateTime)})]}),A(`div`,{class:`row tools`,children:[Qc(e.path)?A(`button`,{type:`button`,class:`button small`,disabled:l.value===null,onClick:()=>a(`edit`),children:[A(G,{name:`edit`}),` `,F(`edit`)]}):A(`p`,{class:`hint`,children:F(`editElsewhere`)}),A(`button`,{type:`button`,class:`button small danger`,onClick:()=>a(`delete`),children:F(`delete`)})]}),A(`h3`,{children:[F(`passages`),` `,A(`span`,{class:`count`,children:e.passageCount})]}),A(q,{failure:l.failure,retry:l.reload}),l.value===null&&l.failure===null?A(Y,{}):null,A(`ol`,{class:`passages`,children:l.value?.map(e=>A(`li`,{children:[e.headings.length>0?A(`p`,{class:`passage-head`,dir:`auto`,children:e.headings.join(` › `)}):null,A(`div`,{class:`passage-text`,dir:`auto`,children:A(nt,{pieces:[{text:e.text,marked:!1}]})})]},e.name))}),A(Wu,{document:e.name,version:e.sha256,onRestored:n}),i===`delete`?A(Q,{title:F(`deleteDocument`),action:F(`delete`),danger:!0,busy:c.busy,failure:c.failure,onConfirm:()=>{c.run(async()=>{await r.knowledge.deleteDocument({name:e.name,keepHistory:o}),n(),t()})},onClose:()=>a(null),children:[A(`p`,{dir:`auto`,children:F(`deleteDocumentMore`,{title:e.title||e.path})}),A(`label`,{class:`check`,children:[A(`input`,{type:`checkbox`,checked:o,onChange:e=>s(e.currentTarget.checked)}),` `,F(`keepHistory`)]})]}):null,i===`edit`&&l.value?A(Vu,{collection:e.name.split(`/`).slice(0,2).join(`/`),document:e,passages:l.value,onClose:()=>a(null),onSaved:()=>{a(null),n()}}):null]})}var Xu=`.pdf,.docx,.pptx,.xlsx,.html,.htm,.md,.markdown,.txt,.csv,.json,.eml,.zip,.png,.jpg,.jpeg,.webp,.tif,.tiff`;function Zu({collection:e,onDone:t}){let{credentials:n}=W(),[r,i]=h([]),[a,o]=h(!1),[s,c]=h(!1),[l,u]=h(``),d=w(null),f=w(Promise.resolve()),p=w(0),m=(e,t)=>{i(n=>n.map(n=>n.id===e?t(n):n))},g=e=>{let n={...s?{audience:`AUDIENCE_STAFF`}:{},...l?{valid_until:l}:{}},r=e.map(e=>({file:e,state:Rc(p.current++,e.webkitRelativePath||e.name,e.size)}));i(e=>[...r.map(({state:e})=>e),...e.filter(({phase:e})=>e!==`done`)]),f.current=r.reduce((e,{file:t,state:r})=>e.then(()=>_(t,r,n)),f.current).then(t)},_=async(t,{id:r,path:i},a)=>{m(r,e=>({...e,phase:`sending`}));try{for await(let o of Hc(e,t,i,a,n,new AbortController().signal))m(r,e=>zc(e,o));m(r,e=>e.phase===`done`||e.phase===`failed`?e:{...e,phase:`failed`,error:F(`uploadBroken`)})}catch(e){let t=e instanceof Vc?yi(e.failure):F(`uploadBroken`);m(r,e=>({...e,phase:`failed`,error:t}))}};return A(`section`,{class:`upload`,"aria-label":F(`upload`),children:[A(`div`,{class:`drop ${a?`over`:``}`,onDragOver:e=>{e.preventDefault(),o(!0)},onDragLeave:()=>o(!1),onDrop:e=>{e.preventDefault(),o(!1),g([...e.dataTransfer?.files??[]])},children:[A(G,{name:`upload`}),A(`p`,{children:[A(`button`,{type:`button`,class:`button small`,onClick:()=>d.current?.click(),children:F(`chooseFiles`)}),` `,F(`orDrop`)]}),A(`p`,{class:`hint`,children:F(`uploadHint`)}),A(`input`,{ref:d,type:`file`,multiple:!0,hidden:!0,accept:Xu,"aria-label":F(`chooseFiles`),onChange:e=>{g([...e.currentTarget.files??[]]),e.currentTarget.value=``}})]}),A(`details`,{class:`upload-options`,children:[A(`summary`,{children:F(`uploadOptions`)}),A(`div`,{class:`row`,children:[A(`label`,{class:`check`,children:[A(`input`,{type:`checkbox`,checked:s,onChange:e=>c(e.currentTarget.checked)}),` `,F(`staffOnlyMore`)]}),A(Z,{label:F(`validUntil`),children:e=>A(`input`,{id:e,class:`field`,type:`date`,value:l,onInput:e=>u(e.currentTarget.value)})})]})]}),r.length>0?A(`ul`,{class:`uploads`,"aria-label":F(`uploads`),children:r.map(e=>A(Qu,{file:e},e.id))}):null]})}function Qu({file:e}){let t=Bc(e),n=e.results.find(t=>t.path===e.path),r=e.results.filter(t=>t.path!==e.path&&t.outcome===Cr.FAILED);return A(`li`,{class:`upload-row ${e.phase}`,children:[A(`span`,{class:`upload-name`,children:[A(`strong`,{dir:`auto`,children:e.path}),` `,A(`span`,{class:`soft`,children:Jr(e.size)})]}),A(`span`,{class:`upload-state`,role:`status`,children:[e.phase===`done`?A(qe,{name:`check`}):e.phase===`failed`?A(qe,{name:`alert`}):null,$u(e,n),n?.recognition?A(`span`,{class:`soft`,children:[` `,[Hu(n.recognition),Uu(n.recognition)].filter(Boolean).join(`. `)]}):null]}),e.phase===`done`||e.phase===`failed`?null:A(`progress`,{"aria-label":F(`progressOf`,{name:e.path}),max:1,...t===null?{}:{value:t}}),r.length>0?A(`ul`,{class:`upload-inside`,children:r.map(e=>A(`li`,{children:[A(`span`,{dir:`auto`,children:e.path}),`: `,yi(e)]},e.path))}):null]})}function $u(e,t){if(e.error!==``)return e.error;if(e.phase===`queued`)return F(`phaseQueued`);if(e.phase===`sending`)return F(`phaseSending`);if(e.phase===`reading`)return F(`phaseReading`,{read:e.finished,count:e.total});if(e.phase===`embedding`)return F(`phaseEmbedding`,{done:e.finished,count:e.total});switch(t?.outcome){case Cr.CREATED:return F(`outcomeCreated`,{count:t.passages});case Cr.UPDATED:return F(`outcomeUpdated`,{count:t.passages});case Cr.UNCHANGED:return F(`outcomeUnchanged`);case Cr.UNPACKED:return F(`outcomeUnpacked`,{count:e.results.length-1});case Cr.FAILED:return yi(t);default:return F(`outcomeDone`)}}var ed=100;async function td(e,t,n,r){let i=[];for await(let a of _u(r=>e.knowledge.listDocuments({collection:t,pageSize:100,pageToken:r},{signal:n})))i.push(...a.documents),r?.([...i]);return i}function nd({collection:e,onChange:t,open:n}){let{services:r}=W(),[i,a]=h(``),[o,s]=h(ed),[c,l]=h(!1),u=z((t,n)=>td(r,e.name,t,n),[r,e.name]),d=u.value??[],f=Ce(()=>Zc(d,i),[d,i]),p=H(e.name),m=()=>{u.reload(),t()},_=n===``?void 0:d.find(e=>e.name.split(`/`)[3]===n);return A(g,{children:[A(Zu,{collection:e.name,onDone:m}),A(`div`,{class:`toolbar`,children:[A(`label`,{class:`search-field`,children:[A(G,{name:`search`}),A(`span`,{class:`unseen`,children:F(`searchDocuments`)}),A(`input`,{class:`field`,type:`search`,placeholder:F(`searchDocuments`),value:i,onInput:e=>a(e.currentTarget.value)})]}),A(`button`,{type:`button`,class:`button`,onClick:()=>l(!0),children:[A(G,{name:`edit`}),` `,F(`writeDocument`)]}),A(`p`,{class:`soft`,role:`status`,children:u.loading?F(`loading`):F(`documentCount`,{count:f.length})})]}),A(q,{failure:u.failure,retry:u.reload}),u.value===null&&u.failure===null?A(Y,{}):null,u.value!==null&&f.length===0&&!u.loading?A(J,{icon:`file`,title:F(i===``?`noDocuments`:`noDocumentsFound`),children:i===``?F(`noDocumentsMore`):null}):null,f.length>0?A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":F(`documents`),children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`document`)}),A(`th`,{scope:`col`,children:F(`language`)}),A(`th`,{scope:`col`,children:F(`validity`)}),A(`th`,{scope:`col`,class:`figure`,children:F(`passages`)}),A(`th`,{scope:`col`,children:F(`updated`)})]})}),A(`tbody`,{children:f.slice(0,o).map(e=>A(`tr`,{children:[A(`th`,{scope:`row`,children:[A(`a`,{href:U(`knowledge`,p,`documents`,e.name.split(`/`)[3]??``),dir:`auto`,children:e.title||e.path}),` `,e.audience===Tr.STAFF?A(X,{kind:`warn`,children:F(`staffOnly`)}):null,A(`span`,{class:`path`,children:e.path})]}),A(`td`,{children:Yr(e.language)}),A(`td`,{children:A(qu,{document:e})}),A(`td`,{class:`figure`,children:e.passageCount}),A(`td`,{children:Kr(e.updateTime)})]},e.name))})]})}):null,f.length>o?A(`button`,{type:`button`,class:`button`,onClick:()=>s(o+ed),children:F(`showMore`,{n:Math.min(ed,f.length-o)})}):null,_?A(Yu,{document:_,onClose:()=>{$r.value.section===`knowledge`&&$r.value.rest[2]===n&&ii(`knowledge`,p,`documents`)},onChange:m},_.name):null,c?A(Vu,{collection:e.name,onClose:()=>l(!1),onSaved:()=>{l(!1),m()}}):null]})}var rd=92,id=1e3;function ad({collection:e}){let{services:t,me:n}=W(),r=z(n=>td(t,e,n),[t,e]),i=ki(n,`settings`),a=z(async e=>{if(!i)return null;let n=Date.now(),[r,a]=[n-rd*864e5,n].map(e=>Ft(new Date(e))),{documents:o}=await t.insight.listDocumentUse({startTime:r,endTime:a,pageSize:id},{signal:e});return{cited:new Set(o.map(e=>e.document)),cut:o.length>=id}},[t]);if(r.failure)return A(q,{failure:r.failure,retry:r.reload});if(r.value===null)return A(Y,{});let o=Yc(r.value,tl()),s=a.value?Xc(r.value,a.value.cited):[];return A(`div`,{class:`columns`,children:[A(`section`,{class:`panel-card`,children:[A(`h2`,{children:[F(`staleDocuments`),` `,A(`span`,{class:`count`,children:o.length})]}),A(`p`,{class:`soft`,children:F(`staleMore`)}),o.length===0?A(J,{icon:`file`,title:F(`noneStale`)}):A(od,{documents:o,validity:!0})]}),A(`section`,{class:`panel-card`,children:[A(`h2`,{children:[F(`neverCited`),` `,a.value?A(`span`,{class:`count`,children:s.length}):null]}),A(`p`,{class:`soft`,children:F(`neverCitedMore`,{days:rd})}),i?null:A(K,{kind:`warn`,children:F(`noScope`,{scope:`settings`})}),A(q,{failure:a.failure,retry:a.reload}),i&&a.value===null&&a.failure===null?A(Y,{}):null,a.value?.cut?A(K,{kind:`warn`,children:F(`neverCitedCut`,{n:id})}):null,a.value&&s.length===0?A(J,{icon:`file`,title:F(`noneIdle`)}):null,A(od,{documents:s})]})]})}function od({documents:e,validity:t}){return A(`ul`,{class:`plain-list rows`,children:[e.slice(0,200).map(e=>A(`li`,{children:[A(`a`,{href:U(`knowledge`,H(e.name),`documents`,e.name.split(`/`)[3]??``),dir:`auto`,children:e.title||e.path}),A(`span`,{class:`soft`,children:t?A(qu,{document:e}):Kr(e.updateTime)})]},e.name)),e.length>200?A(`li`,{class:`soft`,children:F(`andMore`,{n:e.length-200})}):null]})}function sd({collection:e}){let{services:t}=W(),[n,r]=h(``),[i,a]=h(null),[o,s]=h(null),c=B(),l=z(async(n,r)=>{let i=[];for await(let a of _u(r=>t.knowledge.listCuratedAnswers({collection:e,pageSize:100,pageToken:r},{signal:n})))i.push(...a.curatedAnswers),r([...i]);return i},[t,e]),u=Ce(()=>cd(l.value??[],n),[l.value,n]);return A(g,{children:[A(`div`,{class:`toolbar`,children:[A(`label`,{class:`search-field`,children:[A(G,{name:`search`}),A(`span`,{class:`unseen`,children:F(`searchCurated`)}),A(`input`,{class:`field`,type:`search`,placeholder:F(`searchCurated`),value:n,onInput:e=>r(e.currentTarget.value)})]}),A(`button`,{type:`button`,class:`button primary`,onClick:()=>a(v(wr,{questions:[``]})),children:[A(G,{name:`plus`}),` `,F(`newCurated`)]}),A(`p`,{class:`soft`,role:`status`,children:l.loading?F(`loading`):F(`answerCount`,{count:u.length})})]}),A(q,{failure:l.failure,retry:l.reload}),l.value===null&&l.failure===null?A(Y,{}):null,l.value!==null&&u.length===0&&!l.loading?A(J,{icon:`sparkle`,title:F(n===``?`noCurated`:`noCuratedFound`),children:F(`noCuratedMore`)}):null,A(`ul`,{class:`cards`,children:u.slice(0,200).map(e=>A(`li`,{class:`card`,children:[A(`ul`,{class:`card-questions`,children:e.questions.map(e=>A(`li`,{dir:`auto`,children:e},e))}),A(`p`,{class:`card-text`,dir:`auto`,children:e.answer}),A(`div`,{class:`card-foot`,children:[A(X,{children:Yr(e.language)}),e.audience===Tr.STAFF?A(X,{kind:`warn`,children:F(`staffOnly`)}):null,e.priority===0?null:A(X,{children:F(`priorityIs`,{n:e.priority})}),e.validFrom||e.validUntil?A(qu,{document:e}):null,A(`span`,{class:`soft`,children:Kr(e.updateTime)}),A(`span`,{class:`card-actions`,children:[A(`button`,{type:`button`,class:`button small`,"aria-label":F(`editNamed`,{title:e.questions[0]??``}),onClick:()=>a(e),children:F(`edit`)}),A(`button`,{type:`button`,class:`button small danger`,"aria-label":F(`deleteNamed`,{title:e.questions[0]??``}),onClick:()=>s(e),children:F(`delete`)})]})]})]},e.name))}),u.length>200?A(`p`,{class:`soft`,children:F(`narrowSearch`)}):null,i?A(Di,{answer:i,collection:e,onClose:()=>a(null),onSaved:()=>{a(null),l.reload()}}):null,o?A(Q,{title:F(`deleteCurated`),action:F(`delete`),danger:!0,busy:c.busy,failure:c.failure,onClose:()=>s(null),onConfirm:()=>c.run(async()=>{await t.knowledge.deleteCuratedAnswer({name:o.name}),s(null),l.reload()}),children:A(`p`,{dir:`auto`,children:F(`deleteCuratedMore`,{question:o.questions[0]??``})})}):null]})}function cd(e,t){let n=t.toLowerCase().split(/\s+/).filter(Boolean);return e.filter(e=>{let t=[...e.questions,e.answer].join(`
`).toLowerCase();return n.every(e=>t.includes(e))})}function ld({collection:e}){let{services:t,me:n}=W(),[r,i]=h(``),[a,o]=h(``),[s,c]=h(!0),[l,u]=h(null),d=z(async n=>l===null?null:t.knowledge.search({collections:[e.name],query:l.query,topK:10,asOf:l.asOf,audience:l.asCustomer?Tr.EVERYONE:Tr.UNSPECIFIED},{signal:n}),[t,e.name,l]),f=z(async e=>ki(n,`settings`)?(await t.admin.getTenantSettings({},{signal:e})).settings?.minRelevance:void 0,[t]);return A(g,{children:[A(`form`,{class:`search-form`,onSubmit:e=>{e.preventDefault(),r.trim()!==``&&u({query:r.trim(),asOf:a,asCustomer:s})},children:[A(Z,{label:F(`testQuestion`),hint:F(`testQuestionHint`),children:(e,t)=>A(`input`,{id:e,class:`field`,type:`search`,dir:`auto`,maxLength:4e3,value:r,"aria-describedby":t,onInput:e=>i(e.currentTarget.value)})}),A(`div`,{class:`row`,children:[A(Z,{label:F(`asOf`),children:e=>A(`input`,{id:e,class:`field`,type:`date`,value:a,onInput:e=>o(e.currentTarget.value)})}),A(`label`,{class:`check`,children:[A(`input`,{type:`checkbox`,checked:s,onChange:e=>c(e.currentTarget.checked)}),` `,F(`asCustomer`)]}),A(`button`,{type:`submit`,class:`button primary`,children:F(`search`)})]})]}),A(q,{failure:d.failure,retry:d.reload}),l!==null&&d.value===null&&d.failure===null?A(Y,{}):null,d.value?A(ud,{response:d.value,tenants:f.value??void 0}):null,l===null?A(J,{icon:`search`,title:F(`searchTest`),children:F(`searchTestMore`)}):null]})}function ud({response:e,tenants:t}){let n=Gs(e.hits,t);return A(`section`,{class:`found`,"aria-label":F(`results`),children:[A(`p`,{class:`soft`,role:`status`,children:F(`foundIn`,{count:e.hits.length,time:qr(Ys(e.total)),language:Yr(e.queryLanguage)})}),e.curatedMatch?A(fd,{match:e.curatedMatch}):null,A(`p`,{class:`soft`,children:dd(n)}),e.apart<e.minApart?A(`p`,{class:`soft`,children:F(`tooNear`,{apart:e.apart.toFixed(3),wanted:e.minApart.toFixed(3)})}):null,e.hits.length===0?A(J,{icon:`search`,title:F(`nothingFound`)}):null,A(`ol`,{class:`hits`,children:Js(e.hits).map(e=>A(pd,{hit:e,threshold:n},e.passage?.name))})]})}function dd(e){switch(e.of){case`tenant`:return F(`thresholdTenant`,{value:R(e.value)});case`collection`:return F(`thresholdCollection`,{value:R(e.value)});case`unknown`:return F(`thresholdUnknown`)}}function fd({match:e}){let t=e.curatedAnswer;return A(`div`,{class:`card curated-match ${e.applies?`applies`:``}`,children:[A(`h2`,{children:[e.applies?A(qe,{name:`check`}):A(qe,{name:`close`}),` `,e.applies?F(`curatedApplies`):F(`curatedNot`)]}),e.applies?null:A(`p`,{children:ca(e)}),A(`dl`,{class:`facts`,children:[A(`dt`,{children:F(`nearestQuestion`)}),A(`dd`,{dir:`auto`,children:e.question}),A(`dt`,{children:F(`cosine`)}),A(`dd`,{children:[e.cosine.toFixed(3),` `,e.leastCosine>0?F(`needs`,{value:e.leastCosine.toFixed(3)}):null]}),e.questionWords.length>0?A(g,{children:[A(`dt`,{children:F(`wordsOfAnswer`)}),A(`dd`,{children:e.questionWords.join(`, `)})]}):null,e.queryWords.length>0?A(g,{children:[A(`dt`,{children:F(`wordsOfQuery`)}),A(`dd`,{children:e.queryWords.join(`, `)})]}):null,A(`dt`,{children:F(`answer`)}),A(`dd`,{class:`pre`,dir:`auto`,children:t?.answer})]})]})}function pd({hit:e,threshold:t}){let{passage:n,signals:r}=e,i=t.of===`unknown`||e.relevance>=t.value,[,a=``,,o=``]=(n?.name??``).split(`/`);return A(`li`,{class:`card hit ${i?``:`below`}`,children:[A(`div`,{class:`hit-head`,children:[A(`a`,{href:U(`knowledge`,a,`documents`,o),dir:`auto`,children:[n?.title,...n?.headings??[]].filter(Boolean).join(` › `)}),n?.audience===Tr.STAFF?A(X,{kind:`warn`,children:F(`staffOnly`)}):null,t.of===`unknown`?null:A(X,{kind:i?`good`:`danger`,children:F(i?`aboveThreshold`:`belowThreshold`)})]}),A(`div`,{class:`meter`,role:`img`,"aria-label":F(`relevanceIs`,{value:R(e.relevance)}),children:[A(`span`,{class:`meter-fill`,style:{width:`${Math.min(1,e.relevance)*100}%`}}),t.of===`unknown`?null:A(`span`,{class:`meter-mark`,style:{left:`${t.value*100}%`}})]}),A(`div`,{class:`passage-text`,dir:`auto`,children:A(nt,{pieces:[{text:n?.text??``,marked:!1}]})}),A(`dl`,{class:`signals`,children:[A(md,{name:F(`relevance`),value:e.relevance.toFixed(3),more:F(`relevanceMore`)}),A(md,{name:F(`score`),value:e.score.toFixed(3),more:F(`scoreMore`)}),A(md,{name:F(`cosine`),value:r?.cosine.toFixed(3),more:F(`rankIs`,{n:r?.denseRank||`–`})}),A(md,{name:`BM25`,value:r?.bm25.toFixed(2),more:F(`rankIs`,{n:r?.lexicalRank||`–`})}),A(md,{name:F(`coverage`),value:R(r?.coverage??0),more:F(`coverageMore`)}),A(md,{name:F(`headCosine`),value:r?.headCosine.toFixed(3),more:r?.headIsQuestion?F(`headIsQuestion`):F(`headCosineMore`)}),r?.rerank===void 0?null:A(md,{name:F(`rerank`),value:r.rerank.toFixed(3),more:F(`rerankMore`)}),r?.otherLanguage?A(md,{name:F(`otherLanguage`),value:Yr(n?.language??``),more:F(`otherLanguageMore`)}):null]}),e.instructionsFrom===void 0?null:A(K,{kind:`warn`,children:F(`instructionsLeftOut`,{text:(n?.text??``).slice(e.instructionsFrom,e.instructionsFrom+80)})}),e.samePassages.length>0?A(K,{kind:`info`,children:F(`samePassages`,{count:e.samePassages.length,collections:[...new Set(e.samePassages.map(H))].join(`, `)})}):null]})}function md({name:e,value:t,more:n}){return A(`div`,{children:[A(`dt`,{children:e}),A(`dd`,{children:[A(`strong`,{children:t}),` `,A(`span`,{class:`soft`,children:n})]})]})}var hd=[`added`,`changed`,`moved`,`gone`,`failed`,`missing`,`forbidden`,`unchanged`];function gd(e){return{added:F(`syncOutcomeAdded`),changed:F(`syncOutcomeChanged`),moved:F(`syncOutcomeMoved`),gone:F(`syncOutcomeGone`),failed:F(`syncOutcomeFailed`),missing:F(`syncOutcomeMissing`),forbidden:F(`syncOutcomeForbidden`),unchanged:F(`syncOutcomeUnchanged`)}[e]}function _d(e){let t=hd[e-1];return t===void 0?``:gd(t)}function vd(e){let{counts:t}=e;return t===void 0?``:hd.filter(e=>t[e]>0).map(e=>`${t[e]} ${gd(e)}`).join(`, `)}function yd(e){switch(e.state){case Wl.QUEUED:return F(`syncQueued`);case Wl.RUNNING:return F(`syncRunning`,{seen:e.seen,applied:e.applied,total:e.toApply});case Wl.HELD:return F(`syncHeld`);case Wl.FAILED:return F(`syncFailed`);case Wl.DISMISSED:return F(`syncDismissed`);case Wl.SUPERSEDED:return F(`syncSuperseded`);default:return F(`syncDone`)}}function bd(e){return e.split(`/`).at(-1)??``}function xd(e){return e.displayName||bd(e.name)}function Sd(e){let{origin:t}=e;switch(t.case){case`folder`:return t.value.path;case`s3`:return`${t.value.endpoint}/${t.value.bucket}/${t.value.prefix}`;case`rest`:return t.value.recipe;case void 0:return``;default:return t.value.address}}var Cd=500;function wd({source:e,onClose:t}){let{services:n}=W(),[r,i]=h(``),a=B(),o=z(async t=>(await n.sources.listSyncs({source:e.name},{signal:t})).syncs,[n,e.name]),s=o.value??[],c=s.find(e=>e.name===r)??s.find(e=>e.state===Wl.HELD)??s[0],l=e=>{a.run(async()=>{await e(),t()})};return A(N,{kind:`box`,title:F(`sourceRuns`,{name:xd(e)}),closeLabel:F(`close`),onClose:t,children:[A(q,{failure:o.failure??a.failure}),o.value===null&&o.failure===null?A(Y,{}):null,o.value?.length===0?A(`p`,{children:F(`sourceNever`)}):null,c?A(`div`,{class:`stack`,children:[A(`label`,{class:`picker`,children:[A(`span`,{class:`soft`,children:F(`syncBegan`)}),A(`select`,{class:`field`,value:c.name,onChange:e=>i(e.currentTarget.value),children:s.map(e=>A(`option`,{value:e.name,children:[I(e.startTime??e.createTime),` – `,yd(e)]},e.name))})]}),c.message===``?null:A(K,{kind:c.state===Wl.DONE?`info`:`warn`,children:c.message}),A(`p`,{children:[yd(c),`: `,vd(c)]}),A(Td,{sync:c},c.name),c.state===Wl.HELD?A(`div`,{class:`dialog-actions`,children:[A(`button`,{type:`button`,class:`button`,disabled:a.busy,onClick:()=>l(()=>n.sources.dismissSync({name:c.name})),children:F(`sourceDismiss`)}),A(`button`,{type:`button`,class:`button primary`,disabled:a.busy,onClick:()=>l(()=>n.sources.approveSync({name:c.name})),children:F(`sourceApprove`)})]}):null]}):null]})}function Td({sync:e}){let{services:t}=W(),[n,r]=h(null),i=B(),a=z(async n=>(await t.sources.getSync({name:e.name,pageSize:Cd},{signal:n})).outcomes,[t,e.name]),o=n=>{i.run(async()=>{let i=await t.sources.compareSyncDocument({name:e.name,address:n});r({address:n,old:i.oldText,new:i.newText})})},s=a.value??[];return A(g,{children:[A(q,{failure:a.failure??i.failure}),n?A(Al,{before:n.old,after:n.new,caption:F(`sourceDifference`,{address:n.address})}):null,s.length>0?A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":F(`syncOutcomeAddress`),children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`syncOutcomeAddress`)}),A(`th`,{scope:`col`,children:F(`syncOutcomeWhy`)})]})}),A(`tbody`,{children:s.map(t=>A(`tr`,{children:[A(`th`,{scope:`row`,children:[t.address,t.movedFrom===``?null:A(`span`,{class:`path`,children:F(`syncOutcomeMovedFrom`,{address:t.movedFrom})})]}),A(`td`,{children:[_d(t.outcome),` `,A(`span`,{class:`path`,children:t.reason}),e.state===Wl.HELD&&t.outcome<=4?A(`button`,{type:`button`,class:`button small`,onClick:()=>o(t.address),children:F(`sourceCompare`)}):null]})]},t.address))})]})}):null]})}var Ed=[`sitemap`,`crawl`,`git`,`feed`,`folder`,`s3`,`rest`],Dd={id:``,displayName:``,kind:`sitemap`,address:``,prefix:``,folder:``,bucket:``,recipe:``,settings:``,secret:``,hours:`6`,audience:Tr.EVERYONE,paused:!1,unchecked:!1};function Od(e){let{origin:t}=e,n=e.schedule?.everyMinutes??0,r={...Dd,displayName:e.displayName,kind:t.case??`sitemap`,secret:e.secret.replace(/^secrets\//,``),hours:n===0?``:String(n/60),audience:e.audience,paused:e.paused,unchecked:e.unchecked};switch(t.case){case`crawl`:return{...r,address:t.value.address,prefix:t.value.prefix};case`git`:return{...r,address:t.value.address,folder:t.value.folder};case`folder`:return{...r,address:t.value.path};case`s3`:return{...r,address:t.value.endpoint,bucket:t.value.bucket};case`rest`:{let e=Object.entries(t.value.settings).map(([e,t])=>`${e}=${t}`);return{...r,recipe:t.value.recipe,settings:e.join(`
`)}}case void 0:return r;default:return{...r,address:t.value.address}}}function kd(e,t,n){e.name===``&&(e.name=`${n}/sources/${t.id}`),e.displayName=t.displayName,e.origin=Ad(e,t),e.secret=t.secret.trim()===``?``:`secrets/${t.secret.trim()}`;let r=Math.round(Number(t.hours)*60);return r>0?e.schedule=v(Ul,{everyMinutes:r}):(e.schedule?.dailyAt??``)===``&&(e.schedule=v(Ul)),e.audience=t.audience,e.paused=t.paused,e.unchecked=t.unchecked,delete e.status,e}function Ad({origin:e},t){let n=t.address.trim();switch(t.kind){case`sitemap`:return{case:`sitemap`,value:v(Il,{...e.case===`sitemap`?{hosts:e.value.hosts}:{},address:n})};case`crawl`:{let r=e.case===`crawl`?{exclude:e.value.exclude}:{};return{case:`crawl`,value:v(Ll,{...r,address:n,prefix:t.prefix.trim()})}}case`git`:{let r=e.case===`git`?{branch:e.value.branch,uriPrefix:e.value.uriPrefix}:{};return{case:`git`,value:v(Rl,{...r,address:n,folder:t.folder.trim()})}}case`feed`:{let t=e.case===`feed`?{entryText:e.value.entryText}:{};return{case:`feed`,value:v(zl,{...t,address:n})}}case`folder`:return{case:`folder`,value:v(Bl,{path:n})};case`s3`:{let r=e.case===`s3`?{prefix:e.value.prefix,region:e.value.region}:{};return{case:`s3`,value:v(Vl,{...r,endpoint:n,bucket:t.bucket.trim()})}}case`rest`:{let n=t.settings.split(`
`).filter(e=>e.includes(`=`)),r=Object.fromEntries(n.map(e=>[e.slice(0,e.indexOf(`=`)).trim(),e.slice(e.indexOf(`=`)+1).trim()])),i=e.case===`rest`?{description:e.value.description}:{};return{case:`rest`,value:v(Hl,{...i,recipe:t.recipe,settings:r})}}}}function jd(e){let{collection:t,source:n,onClose:r,onSaved:i}=e,{services:a}=W(),o=n.name===``,[s,c]=h(()=>o?Dd:Od(n)),l=B(),u=z(async e=>(await a.sources.listRecipes({},{signal:e})).recipes,[a]),d=u.value?.find(e=>e.id===s.recipe),f=Object.entries(d?.settings??{}).map(([e,t])=>`${e}=${t}`),p=e=>c({...s,...e}),m={sitemap:F(`kindSitemap`),crawl:F(`kindCrawl`),git:F(`kindGit`),feed:F(`kindFeed`),folder:F(`kindFolder`),s3:F(`kindS3`),rest:F(`kindRest`)},_=(e,t,n={})=>A(Z,{label:t,...n.hint?{hint:n.hint}:{},children:(t,r)=>A(`input`,{id:t,class:`field`,required:n.required??!1,value:s[e],"aria-describedby":r,onInput:t=>p({[e]:t.currentTarget.value})})});return A(N,{kind:`box`,title:o?F(`newSource`):xd(n),closeLabel:F(`close`),onClose:r,children:A(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),l.run(async()=>{let e=kd(Mt(Fl,n),s,t),r=await a.sources.putSource({source:e});i(bd(e.name),r.pushToken)})},children:[o?_(`id`,F(`sourceName`),{hint:F(`sourceNameHint`),required:!0}):null,_(`displayName`,F(`displayName`)),A(Z,{label:F(`sourceKind`),children:e=>A(`select`,{id:e,class:`field`,value:s.kind,disabled:!o,onChange:e=>p({kind:Ed.find(t=>t===e.currentTarget.value)??`sitemap`}),children:Ed.map(e=>A(`option`,{value:e,children:m[e]},e))})}),s.kind===`rest`?A(g,{children:[A(Z,{label:F(`sourceRecipe`),children:e=>A(`select`,{id:e,class:`field`,value:s.recipe,onChange:e=>p({recipe:e.currentTarget.value}),children:[A(`option`,{value:``}),(u.value??[]).map(e=>A(`option`,{value:e.id,children:e.title},e.id))]})}),A(Z,{label:F(`sourceSettings`),hint:F(`sourceSettingsHint`,{example:f.join(` `)||`site=…`}),children:(e,t)=>A(`textarea`,{id:e,class:`field mono`,rows:3,value:s.settings,"aria-describedby":t,onInput:e=>p({settings:e.currentTarget.value})})})]}):_(`address`,s.kind===`folder`?F(`sourcePath`):F(`sourceAddress`),{required:!0}),s.kind===`s3`?_(`bucket`,F(`sourceBucket`),{required:!0}):null,s.kind===`crawl`?_(`prefix`,F(`sourcePrefix`)):null,s.kind===`git`?_(`folder`,F(`sourceFolder`)):null,[`git`,`s3`,`rest`].includes(s.kind)?_(`secret`,F(`sourceSecret`),{hint:F(`sourceSecretHint`)}):null,A(Z,{label:F(`sourceEvery`),hint:F(`sourceEveryHint`),children:(e,t)=>A(`input`,{id:e,class:`field`,type:`number`,min:0,max:720,step:`any`,value:s.hours,"aria-describedby":t,onInput:e=>p({hours:e.currentTarget.value})})}),A(`label`,{class:`check`,children:[A(`input`,{type:`checkbox`,checked:s.audience===Tr.STAFF,onChange:e=>p({audience:e.currentTarget.checked?Tr.STAFF:Tr.EVERYONE})}),` `,F(`sourceStaff`)]}),A(`label`,{class:`check`,children:[A(`input`,{type:`checkbox`,checked:s.paused,onChange:e=>p({paused:e.currentTarget.checked})}),` `,F(`sourcePause`)]}),A(`label`,{class:`check`,children:[A(`input`,{type:`checkbox`,checked:s.unchecked,onChange:e=>p({unchecked:e.currentTarget.checked})}),` `,F(`sourceUnchecked`)]}),A(q,{failure:l.failure}),A(`div`,{class:`dialog-actions`,children:[A(`button`,{type:`button`,class:`button`,onClick:r,children:F(`cancel`)}),A(`button`,{type:`submit`,class:`button primary`,disabled:l.busy,children:F(`save`)})]})]})})}var Md=2e3;function Nd({collection:e}){let{services:t}=W(),[n,r]=h(null),[i,a]=h(null),[o,s]=h(null),[c,l]=h(!1),[u,d]=h(``),f=B(),p=z(async n=>(await t.sources.listSources({collection:e},{signal:n})).sources,[t,e]),m=p.value??[],_=m.some(e=>e.status?.running!==void 0);S(()=>{if(!_)return;let e=setInterval(p.reload,Md);return()=>{clearInterval(e)}},[_,p.reload]);let y=e=>{f.run(async()=>{await t.sources.syncSource({name:e.name}),p.reload()})};return A(g,{children:[A(`div`,{class:`toolbar`,children:[A(`button`,{type:`button`,class:`button primary`,onClick:()=>r(v(Fl)),children:[A(G,{name:`plus`}),` `,F(`newSource`)]}),A(`p`,{class:`soft`,children:F(`sourcesMore`)})]}),A(q,{failure:p.failure??(o===null?f.failure:null),retry:p.reload}),u===``?null:A(K,{kind:`good`,children:[F(`sourceToken`),` `,A(`code`,{children:u})]}),m.map(e=>e.status?.held?A(K,{kind:`warn`,children:[F(`sourceHeldNotice`,{name:xd(e),reason:e.status.held.message}),` `,A(`button`,{type:`button`,class:`button small`,onClick:()=>a(e),children:F(`sourceReview`)})]},e.name):null),p.value===null&&p.failure===null?A(Y,{}):null,p.value?.length===0?A(J,{icon:`book`,title:F(`noSources`),children:F(`noSourcesMore`)}):null,m.length>0?A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":F(`sourcesTab`),children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`sourceOf`)}),A(`th`,{scope:`col`,class:`figure`,children:F(`sourceDocuments`)}),A(`th`,{scope:`col`,children:F(`sourceNext`)}),A(`th`,{scope:`col`,children:F(`sourceLast`)}),A(`th`,{scope:`col`,children:A(`span`,{class:`unseen`,children:F(`sourceEdit`)})})]})}),A(`tbody`,{children:m.map(e=>A(`tr`,{children:[A(`th`,{scope:`row`,children:[xd(e),` `,e.paused?A(X,{children:F(`sourcePaused`)}):null,A(`span`,{class:`path`,children:Sd(e)})]}),A(`td`,{class:`figure`,children:e.status?.documentCount??0}),A(`td`,{children:e.status?.nextTime?I(e.status.nextTime):F(`sourceWhenAsked`)}),A(`td`,{children:A(Pd,{source:e})}),A(`td`,{children:[A(`button`,{type:`button`,class:`button small`,onClick:()=>y(e),children:F(`sourceRun`)}),` `,A(`button`,{type:`button`,class:`button small`,onClick:()=>a(e),children:F(`sourceRunsButton`)}),` `,A(`button`,{type:`button`,class:`button small`,onClick:()=>r(e),children:F(`sourceEdit`)}),` `,A(`button`,{type:`button`,class:`button small`,onClick:()=>s(e),children:F(`sourceDelete`)})]})]},e.name))})]})}):null,n?A(jd,{collection:e,source:n,onClose:()=>r(null),onSaved:(e,t)=>{r(null),d(t===``?``:`${window.location.origin}/api/sources/${e}/push?token=${t}`),p.reload()}}):null,i?A(wd,{source:i,onClose:()=>{a(null),p.reload()}}):null,o?A(Q,{title:F(`sourceDeleteTitle`,{name:xd(o)}),action:F(`sourceDelete`),danger:!0,busy:f.busy,failure:f.failure,onClose:()=>{s(null),f.clear()},onConfirm:()=>f.run(async()=>{await t.sources.deleteSource({name:o.name,withDocuments:c}),s(null),p.reload()}),children:[A(`p`,{children:F(`sourceDeleteMore`)}),A(`label`,{class:`check`,children:[A(`input`,{type:`checkbox`,checked:c,onChange:e=>l(e.currentTarget.checked)}),` `,F(`sourceDeleteDocuments`)]})]}):null]})}function Pd({source:e}){let{status:t}=e,n=t?.running??t?.held??t?.last;return n===void 0?A(g,{children:F(`sourceNever`)}):A(g,{children:[yd(n),` `,A(`span`,{class:`path`,children:vd(n)||n.message})]})}var Fd=[`documents`,`sources`,`curated`,`drafts`,`search`,`attention`];function Id(){let{services:e,config:t}=W(),[n,r]=h(!1),i=z(async t=>{let n=[];for await(let r of _u(n=>e.knowledge.listCollections({pageSize:100,pageToken:n},{signal:t})))n.push(...r.collections);return n},[e]),[a=``,o=``]=$r.value.rest,s=i.value??[],c=t.collections.map(e=>H(`${e.includes(`/`)?``:`collections/`}${e}`)),l=s.find(e=>H(e.name)===a)??s.find(e=>c.includes(H(e.name)))??s[0],u=Fd.find(e=>e===o)??`documents`,d=l?H(l.name):``,f={documents:F(`documents`),sources:F(`sourcesTab`),curated:F(`curatedAnswers`),drafts:F(`drafts`),search:F(`searchTest`),attention:F(`needsAttention`)};return A(`div`,{class:`page`,children:[A(Si,{title:F(`knowledge`),children:[s.length>0?A(`label`,{class:`picker`,children:[A(`span`,{class:`soft`,children:F(`collection`)}),A(`select`,{class:`field`,value:d,onChange:e=>ii(`knowledge`,e.currentTarget.value,u),children:s.map(e=>A(`option`,{value:H(e.name),children:e.displayName||H(e.name)},e.name))})]}):null,A(`button`,{type:`button`,class:`button`,onClick:()=>r(!0),children:[A(G,{name:`plus`}),` `,F(`newCollection`)]})]}),A(q,{failure:i.failure,retry:i.reload}),i.value===null&&i.failure===null?A(Y,{}):null,i.value?.length===0?A(J,{icon:`book`,title:F(`noCollections`),children:F(`noCollectionsMore`)}):null,l?A(g,{children:[A(xi,{label:F(`knowledge`),items:Fd.map(e=>({href:U(`knowledge`,d,e),label:f[e],current:e===u}))}),u===`documents`?A(nd,{collection:l,onChange:i.reload,open:$r.value.rest[2]??``},d):null,u===`sources`?A(Nd,{collection:l.name},d):null,u===`curated`?A(sd,{collection:l.name},d):null,u===`drafts`?A(Ru,{collection:l,open:$r.value.rest[2]??``,onChange:i.reload},d):null,u===`search`?A(ld,{collection:l},d):null,u===`attention`?A(ad,{collection:l.name},d):null]}):null,n?A(Ld,{onClose:()=>r(!1),onMade:e=>{r(!1),i.reload(),ii(`knowledge`,e,`documents`)}}):null]})}function Ld({onClose:e,onMade:t}){let{services:n}=W(),[r,i]=h(``),[a,o]=h(``),s=B();return A(N,{kind:`box`,title:F(`newCollection`),closeLabel:F(`close`),onClose:e,children:A(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),s.run(async()=>{await n.knowledge.createCollection({collectionId:r,displayName:a}),t(r)})},children:[A(Z,{label:F(`collectionId`),hint:F(`collectionIdHint`),children:(e,t)=>A(`input`,{id:e,class:`field mono`,required:!0,pattern:`[a-z][a-z0-9\\-]{0,62}`,value:r,"aria-describedby":t,onInput:e=>i(e.currentTarget.value)})}),A(Z,{label:F(`displayName`),children:e=>A(`input`,{id:e,class:`field`,maxLength:100,value:a,onInput:e=>o(e.currentTarget.value)})}),A(q,{failure:s.failure}),A(`div`,{class:`dialog-actions`,children:[A(`button`,{type:`button`,class:`button`,onClick:e,children:F(`cancel`)}),A(`button`,{type:`submit`,class:`button primary`,disabled:s.busy,children:F(`create`)})]})]})})}var Rd=10,zd=50,Bd=2e3,Vd=1e5;function Hd(){let{services:e,me:t}=W(),n=Te(),r=z(async t=>{let{experiments:n}=await e.experiments.listExperiments({},{signal:t});return n},[e]),[i,...a]=r.value??[],o=i?.end===au.UNSPECIFIED;return A(`section`,{class:`panel-card stack`,"aria-labelledby":n,children:[A(`h2`,{id:n,children:F(`experiments`)}),A(`p`,{class:`soft`,children:F(`experimentsMore`)}),A(q,{failure:r.failure,retry:r.reload}),r.value===null&&r.failure===null?A(Y,{}):null,r.value?.length===0?A(`p`,{class:`none`,children:F(`noExperiments`)}):null,i?A(Ud,{experiment:i}):null,i&&o?A(Gd,{experiment:i,canPromote:ki(t,`knowledge`),changed:r.reload}):null,r.value!==null&&!o?A(Kd,{changed:r.reload}):null,a.length>0?A(`details`,{children:[A(`summary`,{children:F(`experimentEarlier`)}),A(`div`,{class:`stack`,children:a.map(e=>A(Ud,{experiment:e},e.name))})]}):null]})}function Ud({experiment:e}){let{figures:t}=e,[n,r]=[t?.draft,t?.live];return A(`article`,{class:`stack`,"aria-label":e.title||e.draft,children:[A(`p`,{children:[A(X,{kind:e.end===au.UNSPECIFIED?`accent`:`plain`,children:qd(e.end)}),` `,A(`strong`,{children:e.title||e.draft}),` `,A(`span`,{class:`soft`,children:F(`experimentSince`,{share:R(e.sharePercent/100),time:I(e.startTime)})})]}),t&&n&&r?A(g,{children:[A(`p`,{children:[A(`strong`,{children:Jd(t.verdict)}),` `,F(`experimentTest`,{difference:Xd(t.difference),low:Xd(t.differenceLow),high:Xd(t.differenceHigh),rate:R(t.falseAlarmRate)})]}),A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":F(`armWhat`),children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`armWhat`)}),A(`th`,{scope:`col`,class:`figure`,children:F(`armDraft`)}),A(`th`,{scope:`col`,class:`figure`,children:F(`armLive`)})]})}),A(`tbody`,{children:[A(Wd,{name:F(`armConversations`),of:e=>L(e.conversations),draft:n,live:r}),A(Wd,{name:F(`armResolved`),of:e=>Yd(e.resolved,e),draft:n,live:r}),A(Wd,{name:F(`armHandedOver`),of:e=>Yd(e.handedOver,e),draft:n,live:r}),A(Wd,{name:F(`armRatedDown`),of:e=>Yd(e.ratedDown,e),draft:n,live:r}),A(Wd,{name:F(`armFirstText`),of:e=>e.firstText?.count?qr(e.firstText.p95):`–`,draft:n,live:r})]})]})}),A(`p`,{class:`soft`,children:[F(`experimentCounted`,{n:L(n.conversations+r.conversations),most:L(e.mostConversations)}),` `,F(`experimentLeftOut`,{repeated:L(n.repeated+r.repeated),without:L(n.withoutQuestion+r.withoutQuestion)}),` `,n.fellBack>0n?F(`experimentFellBack`,{n:L(n.fellBack)}):``]})]}):null]})}function Wd({name:e,of:t,draft:n,live:r}){return A(`tr`,{children:[A(`th`,{scope:`row`,children:e}),A(`td`,{class:`figure`,children:t(n)}),A(`td`,{class:`figure`,children:t(r)})]})}function Gd({experiment:e,canPromote:t,changed:n}){let{services:r}=W(),[i,a]=h(null),o=B(),s=()=>{a(null),o.clear()};return A(`div`,{class:`row`,children:[A(`button`,{type:`button`,class:`button`,onClick:()=>a(`stop`),children:F(`experimentStop`)}),t?A(`button`,{type:`button`,class:`button primary`,onClick:()=>a(`promote`),children:F(`experimentPromote`)}):null,i?A(Q,{title:F(i===`stop`?`experimentStop`:`experimentPromote`),action:F(i===`stop`?`experimentStop`:`experimentPromote`),busy:o.busy,failure:o.failure,onConfirm:()=>{o.run(async()=>{let{name:t}=e;await(i===`stop`?r.experiments.stopExperiment({name:t}):r.experiments.promoteExperiment({name:t})),s(),n()})},onClose:s,children:A(`p`,{children:i===`stop`?F(`experimentStopMore`):F(`experimentPromoteMore`,{draft:e.draft})})}):null]})}function Kd({changed:e}){let{services:t,me:n}=W(),r=ki(n,`knowledge`),i=z(async e=>r?(await t.drafts.listDrafts({collection:`collections/-`,openOnly:!0},{signal:e})).drafts:null,[t,r]),[a,o]=h(``),[s,c]=h(``),[l,u]=h(Rd),[d,f]=h(Bd),p=B(),m=i.value;if(m?.length===0)return A(`p`,{class:`none`,children:F(`experimentNoDrafts`)});let g=a||(m?.[0]?.name??``);return A(`form`,{class:`stack`,"aria-label":F(`experimentStart`),onSubmit:n=>{n.preventDefault(),p.run(async()=>{await t.experiments.startExperiment({experiment:{draft:g,title:s,sharePercent:l,mostConversations:d}}),e()})},children:[A(`div`,{class:`row`,children:[A(Z,{label:F(`experimentDraft`),...m?{}:{hint:F(`experimentDraftHint`)},children:(e,t)=>m?A(`select`,{id:e,class:`field`,value:g,onChange:e=>o(e.currentTarget.value),children:m.map(e=>A(`option`,{value:e.name,children:e.title||e.name},e.name))}):A(`input`,{id:e,class:`field`,required:!0,value:a,"aria-describedby":t,onInput:e=>o(e.currentTarget.value)})}),A(Z,{label:F(`experimentTitle`),children:e=>A(`input`,{id:e,class:`field`,maxLength:80,value:s,onInput:e=>c(e.currentTarget.value)})}),A(Z,{label:F(`experimentShare`),hint:F(`experimentShareHint`),children:(e,t)=>A(`input`,{id:e,class:`field`,type:`number`,required:!0,min:1,max:zd,value:l,"aria-describedby":t,onInput:e=>u(e.currentTarget.valueAsNumber||0)})}),A(Z,{label:F(`experimentMost`),children:e=>A(`input`,{id:e,class:`field`,type:`number`,required:!0,min:1,max:Vd,value:d,onInput:e=>f(e.currentTarget.valueAsNumber||0)})})]}),A(q,{failure:p.failure}),A(`div`,{class:`row`,children:A(`button`,{type:`submit`,class:`button primary`,disabled:p.busy,children:F(`experimentStart`)})})]})}function qd(e){switch(e){case au.STOPPED:return F(`experimentStopped`);case au.PROMOTED:return F(`experimentPromoted`);case au.PLANNED:return F(`experimentPlanned`);case au.DRAFT_GONE:return F(`experimentDraftGone`);default:return F(`experimentRuns`)}}function Jd(e){switch(e){case ou.DRAFT_BETTER:return F(`experimentBetter`);case ou.DRAFT_WORSE:return F(`experimentWorse`);default:return F(`experimentUndecided`)}}function Yd(e,t){return e===void 0||t.conversations===0n?`–`:F(`armShare`,{share:R(e.share),low:R(e.low),high:R(e.high)})}function Xd(e){return`${e>0?`+`:``}${R(e)}`}function Zd(e){return`\uFEFF${e.map(e=>e.map(Qd).join(`,`)).join(`\r
`)}\r\n`}function Qd(e){if(typeof e!=`string`)return String(e);let t=/^[=+\-@＝＋－＠\t\r\n]/.test(e)?`'${e}`:e;return/[",\r\n]/.test(t)?`"${t.replaceAll(`"`,`""`)}"`:t}function $d(e,t,n=`text/csv;charset=utf-8`){let r=URL.createObjectURL(new Blob([t],{type:n})),i=document.createElement(`a`);i.href=r,i.download=e,document.body.append(i),i.click(),i.remove(),URL.revokeObjectURL(r)}function ef(e){if(e<=2)return 2;let t=10**Math.floor(Math.log10(e));for(let n of[1,2,4,5,8,10])if(n*t>=e)return n*t;return 10*t}var[tf,nf,rf,af,of]=[640,220,52,26,10];function sf({title:e,labels:t,series:n,stacked:r=!1,format:i=L}){let a=Te(),[o,s]=h(!1),c=t.map((e,t)=>n.map(e=>e.values[t]??0)),l=ef(Math.max(0,...c.map(e=>r?uf(e):Math.max(0,...e)))),u=e=>nf-af-e/l*(nf-af-of),d=(tf-rf)/Math.max(1,t.length),f=Math.min(8,d*.25),p=Math.ceil(t.length/12);return A(`figure`,{class:`chart`,"aria-labelledby":a,children:[A(`figcaption`,{class:`chart-head`,children:[A(`h2`,{id:a,children:e}),A(`button`,{type:`button`,class:`button quiet small`,"aria-expanded":o,onClick:()=>s(!o),children:F(o?`asChart`:`asTable`)})]}),n.length>1?A(`ul`,{class:`legend`,"aria-hidden":`true`,children:n.map(e=>A(`li`,{children:[A(`span`,{class:`swatch color-${e.color}`}),` `,e.name]},e.name))}):null,o?null:A(`svg`,{viewBox:`0 0 ${tf} ${nf}`,role:`img`,"aria-label":lf(e,t,n,i),children:[[0,.5,1].map(e=>A(`g`,{class:`axis`,children:[A(`line`,{x1:rf,x2:tf,y1:u(l*e),y2:u(l*e)}),A(`text`,{x:rf-8,y:u(l*e)+4,"text-anchor":`end`,children:i(l*e)})]},e)),t.map((e,t)=>{let a=rf+t*d+f/2,o=c[t]??[],s=(d-f)/(r?1:n.length);return A(`g`,{children:[A(`title`,{children:`${e}: ${n.map((e,t)=>`${e.name} ${i(o[t]??0)}`).join(`, `)}`}),A(`rect`,{class:`hover`,x:rf+t*d,y:of,width:d,height:nf-af-of}),n.map((e,t)=>{let n=r?uf(o.slice(0,t)):0,i=o[t]??0;return A(`rect`,{class:`bar color-${e.color}`,x:r?a:a+t*s,y:u(n+i),width:Math.max(1,s),height:Math.max(0,u(n)-u(n+i))},e.name)}),t%p===0?A(`text`,{class:`tick`,x:rf+t*d+d/2,y:nf-8,"text-anchor":`middle`,children:e}):null]},e)})]}),A(`div`,{class:o?`table-frame`:`unseen`,...o?{tabIndex:0,role:`region`,"aria-label":e}:{},children:A(`table`,{class:`table`,children:[A(`caption`,{class:`unseen`,children:e}),A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`time`)}),n.map(e=>A(`th`,{scope:`col`,class:`figure`,children:e.name},e.name))]})}),A(`tbody`,{children:t.map((e,t)=>A(`tr`,{children:[A(`th`,{scope:`row`,children:e}),n.map(e=>A(`td`,{class:`figure`,children:i(e.values[t]??0)},e.name))]},e))})]})})]})}function cf(e){let t=Te();return A(`section`,{class:`panel-card share-list`,"aria-labelledby":t,children:[A(`h2`,{id:t,children:e.title}),e.rows.length===0?A(`p`,{class:`none`,children:e.none}):A(`table`,{class:`share-table`,"aria-labelledby":t,children:[A(`thead`,{class:`unseen`,children:A(`tr`,{children:[A(`th`,{scope:`col`,children:e.title}),A(`th`,{scope:`col`,children:F(`count`)}),A(`th`,{scope:`col`,children:F(`share`)})]})}),A(`tbody`,{children:e.rows.map(t=>A(`tr`,{children:[A(`th`,{scope:`row`,children:[A(`span`,{class:`share-label`,dir:`auto`,children:t.href?A(`a`,{href:t.href,children:t.label}):t.label}),A(`span`,{class:`share-bar`,"aria-hidden":`true`,children:A(`span`,{style:{width:`${t.share*100}%`}})})]}),A(`td`,{class:`figure`,children:L(t.count)}),A(`td`,{class:`figure soft`,children:e.format(t.share)})]},t.label))})]})]})}function lf(e,t,n,r){return`${e}. ${n.map(e=>{let n=Math.max(0,...e.values);return F(`chartAlt`,{name:e.name,sum:r(uf(e.values)),most:r(n),when:t[e.values.indexOf(n)]??`–`})}).join(`; `)}`}function uf(e){return e.reduce((e,t)=>e+t,0)}function df(e){let t=t=>[...new Set(e.flatMap(e=>Object.keys(t(e))))].sort(),n=t(e=>e.handoffs),r=t(e=>e.sources),i=t(e=>e.languages);return Zd([[`hour_utc`,`questions`,`confirmed`,`assumed`,`reopened`,`rated_up`,`rated_down`,`replies`,`first_text_p50_ms`,`first_text_p95_ms`,`first_text_p99_ms`,`total_p50_ms`,`total_p95_ms`,`total_p99_ms`,...n.map(e=>`handoffs.${e}`),...r.map(e=>`sources.${e}`),...i.map(e=>`languages.${e}`)],...e.map(e=>[e.startTime===void 0?``:It(e.startTime).toISOString(),e.questions,e.confirmed,e.assumed,e.reopened,e.ratedUp,e.ratedDown,e.replies,...[e.firstText,e.total].flatMap(e=>[e?.p50??0,e?.p95??0,e?.p99??0]),...n.map(t=>e.handoffs[t]??0n),...r.map(t=>e.sources[t]??0n),...i.map(t=>e.languages[t]??0n)])])}var ff={questions:0,confirmed:0,assumed:0,reopened:0,handedOver:0,replies:0,ratedUp:0,ratedDown:0};function pf(e,t,n){let r=new Map;for(let e=xf(t);e<n;e=Sf(e))r.set(Cf(e),{key:Cf(e),...ff});return bf(r,e,e=>Cf(e))}function mf(e){let t=new Map;for(let e=0;e<24;e+=1)t.set(wf(e),{key:wf(e),...ff});return bf(t,e,e=>wf(e.getHours()))}function hf(e){let t=Object.entries(e).map(([e,t])=>({key:e,count:Number(t)})),n=t.reduce((e,{count:t})=>e+t,0);return t.filter(({count:e})=>e>0).map(({key:e,count:t})=>({key:e,count:t,share:t/n})).sort((e,t)=>t.count-e.count||e.key.localeCompare(t.key))}function gf(e){return e.confirmed+e.assumed+e.reopened+e.handedOver}function _f(e){return Object.values(e.handoffs).reduce((e,t)=>e+Number(t),0)}function vf(e,t){let n=[];for(let r=xf(e);r<t;r=Sf(r))n.push({key:Cf(r),start:r,end:Sf(r)<t?Sf(r):t});return n}function yf(e,t){return new Date(t.getFullYear(),t.getMonth(),t.getDate()-e+1)}function bf(e,t,n){for(let r of t){if(r.startTime===void 0)continue;let t=n(It(r.startTime)),i=e.get(t);i!==void 0&&e.set(t,{key:t,questions:i.questions+Number(r.questions),confirmed:i.confirmed+Number(r.confirmed),assumed:i.assumed+Number(r.assumed),reopened:i.reopened+Number(r.reopened),handedOver:i.handedOver+_f(r),replies:i.replies+Number(r.replies),ratedUp:i.ratedUp+Number(r.ratedUp),ratedDown:i.ratedDown+Number(r.ratedDown)})}return[...e.values()]}function xf(e){return new Date(e.getFullYear(),e.getMonth(),e.getDate())}function Sf(e){return new Date(e.getFullYear(),e.getMonth(),e.getDate()+1)}function Cf(e){return`${e.getFullYear()}-${wf(e.getMonth()+1)}-${wf(e.getDate())}`}function wf(e){return String(e).padStart(2,`0`)}var Tf=[1,7,30,90],Ef=10;function Df(){let{services:e,me:t}=W(),[n,r]=h(7),i=z(async r=>{let i=new Date,o=yf(n,i),s={startTime:Ft(o),endTime:Ft(i)},[c,l,u]=await Promise.all([e.insight.getNumbers(s,{signal:r}),e.insight.listDocumentUse({...s,pageSize:Ef},{signal:r}),e.review.getReviewNumbers({startDay:o.toISOString().slice(0,10),endDay:i.toISOString().slice(0,10)},{signal:r})]),d=ki(t,`knowledge`)?await a(l.documents.map(e=>e.document)):new Map,f=l.documents.map(e=>({...e,title:d.get(e.document)??e.document.split(`/`).slice(1).join(`/`)}));return{from:o,to:i,total:c.total,hours:c.hours,documents:f,reviews:u}},[e,n]),a=async t=>{let n=await Promise.all(t.map(async t=>[t,await e.knowledge.listPassages({document:t,pageSize:1}).then(({passages:e})=>e[0]?.title,()=>void 0)]));return new Map(n.filter(e=>!!e[1]))},o=i.value;return A(`div`,{class:`page`,children:[A(Si,{title:F(`numbers`),children:[A(`label`,{class:`picker`,children:[A(`span`,{class:`soft`,children:F(`span`)}),A(`select`,{class:`field`,value:n,onChange:e=>r(Number(e.currentTarget.value)),children:Tf.map(e=>A(`option`,{value:e,children:e===1?F(`today`):F(`lastDays`,{count:e})},e))})]}),A(`button`,{type:`button`,class:`button`,disabled:o===null,onClick:()=>{o&&$d(`kefu-${o.from.toISOString().slice(0,10)}-${o.to.toISOString().slice(0,10)}.csv`,df(o.hours))},children:[A(G,{name:`download`}),` `,F(`exportCsv`)]})]}),A(q,{failure:i.failure,retry:i.reload}),o===null&&i.failure===null?A(Y,{}):null,o?A(Of,{span:o,days:n}):null,A(Hd,{})]})}function Of({span:e,days:t}){let{total:n}=e,r=pf(e.hours,e.from,e.to),i=mf(e.hours),a=r.map(e=>e.key.slice(5)),o=i.map(e=>e.key);if(n.questions===0n&&n.replies===0n)return A(J,{icon:`chart`,title:F(`noNumbers`),children:F(`noNumbersMore`)});let s=Number(n.confirmed+n.assumed+n.reopened),c=Number(n.confirmed+n.assumed),l=s+_f(n),u=Number(n.ratedUp+n.ratedDown),d=e=>[{name:F(`confirmed`),color:1,values:e.map(e=>e.confirmed)},{name:F(`assumed`),color:2,values:e.map(e=>e.assumed)},{name:F(`reopened`),color:3,values:e.map(e=>e.reopened)},{name:F(`handedOver`),color:4,values:e.map(e=>e.handedOver)},{name:F(`withoutOutcome`),color:5,values:e.map(e=>Math.max(0,e.questions-gf(e)))}],f=hf(n.sources),p=e=>f.find(t=>t.key===e)?.share??0;return A(g,{children:[A(`dl`,{class:`tiles`,children:[A(jf,{name:F(`questionsAsked`),value:L(n.questions),more:F(`repliesByPeople`,{count:L(n.replies)})}),A(jf,{name:F(`resolved`),value:Nf(c,l),more:F(`resolvedMore`,{confirmed:L(n.confirmed),assumed:L(n.assumed),outcomes:L(l)})}),A(jf,{name:F(`resolvedByReview`),...Mf(e.reviews)}),A(jf,{name:F(`reopened`),value:Nf(Number(n.reopened),s),more:F(`reopenedMore`,{n:L(n.reopened)})}),A(jf,{name:F(`handedOver`),value:Nf(_f(n),Number(n.questions)),more:F(`handedOverMore`,{n:L(_f(n))})}),A(jf,{name:F(`satisfaction`),value:Nf(Number(n.ratedUp),u),more:F(`satisfactionMore`,{count:L(u)})}),A(jf,{name:F(`firstText`),value:n.firstText?.count?qr(n.firstText.p50):`–`,more:n.firstText?.count?F(`percentiles`,{p95:qr(n.firstText.p95),p99:qr(n.firstText.p99)}):F(`notMeasured`)}),A(jf,{name:F(`wholeAnswer`),value:n.total?.count?qr(n.total.p50):`–`,more:n.total?.count?F(`percentiles`,{p95:qr(n.total.p95),p99:qr(n.total.p99)}):F(`notMeasured`)}),A(jf,{name:F(`withoutModel`),value:f.length>0?R(p(`ANSWER_SOURCE_CACHED`)+p(`ANSWER_SOURCE_CURATED`)):`–`,more:F(`withoutModelMore`,{cached:R(p(`ANSWER_SOURCE_CACHED`)),curated:R(p(`ANSWER_SOURCE_CURATED`))})})]}),A(`div`,{class:`charts`,children:[t>1?A(sf,{title:F(`outcomeByDay`),labels:a,series:d(r),stacked:!0}):null,A(sf,{title:F(`outcomeByHour`),labels:o,series:d(i),stacked:!0}),t>1?A(kf,{span:e}):null,A(sf,{title:F(t>1?`ratingsByDay`:`ratingsByHour`),labels:t>1?a:o,series:[{name:F(`ratedUp`),color:1,values:(t>1?r:i).map(e=>e.ratedUp)},{name:F(`ratedDown`),color:4,values:(t>1?r:i).map(e=>e.ratedDown)}]})]}),A(`div`,{class:`columns numbers-shares`,children:[A(cf,{title:F(`byReason`),none:F(`none`),format:R,rows:hf(n.handoffs).map(e=>({...e,label:Ui(e.key)}))}),A(cf,{title:F(`bySource`),none:F(`none`),format:R,rows:f.map(e=>({...e,label:Gi(e.key)}))}),A(cf,{title:F(`byLanguage`),none:F(`none`),format:R,rows:hf(n.languages).map(e=>({...e,label:Yr(e.key)}))}),A(Af,{documents:e.documents})]})]})}function kf({span:e}){let{services:t}=W(),n=z(async n=>{let r=vf(e.from,e.to),i=[];for(let e=0;e<r.length;e+=6){let a=r.slice(e,e+6).map(async({key:e,start:r,end:i})=>{let{total:a}=await t.insight.getNumbers({startTime:Ft(r),endTime:Ft(i)},{signal:n});return{key:e,firstText:a?.firstText?.p95??0,total:a?.total?.p95??0}});i.push(...await Promise.all(a))}return i},[t,e]);return n.failure?A(q,{failure:n.failure,retry:n.reload}):n.value===null?A(Y,{}):A(sf,{title:F(`timesByDay`),labels:n.value.map(e=>e.key.slice(5)),series:[{name:F(`firstText`),color:1,values:n.value.map(e=>e.firstText)},{name:F(`wholeAnswer`),color:2,values:n.value.map(e=>e.total)}],format:qr})}function Af({documents:e}){let t=Math.max(1,...e.map(e=>Number(e.citations))),n=e.map(e=>({label:e.title,count:Number(e.citations),share:Number(e.citations)/t,href:U(`knowledge`,H(e.document),`documents`,e.document.split(`/`)[3]??``)}));return A(cf,{title:F(`topDocuments`),none:F(`none`),format:()=>``,rows:n})}function jf({name:e,value:t,more:n}){return A(`div`,{class:`tile`,children:[A(`dt`,{children:e}),A(`dd`,{class:`tile-value`,children:t}),A(`dd`,{class:`tile-more`,children:n})]})}function Mf({resolved:e,judged:t}){return e===void 0?{value:`–`,more:F(`resolvedByReviewNone`)}:{value:R(e.share),more:F(`resolvedByReviewMore`,{low:R(e.low),high:R(e.high),n:L(t)})}}function Nf(e,t){return t===0?`–`:R(e/t)}var Pf=60,Ff=30,If=`kefu.desk.account.`,Lf=0;async function Rf(e,t){await(await Wf(e)).signinRedirect(t?{prompt:`login`}:{})}function zf(e){return e.searchParams.has(`state`)&&(e.searchParams.has(`code`)||e.searchParams.has(`error`))}async function Bf(e,t){let n=zf(new URL(location.href)),r=await Wf(e);try{let e=n?await r.signinRedirectCallback():await r.getUser();return e===null?null:[Hf(r,e,`id_token`,t),Hf(r,e,`access_token`,t)]}finally{n&&history.replaceState(null,``,location.pathname)}}function Vf(){Lf+=1;for(let e of Object.keys(sessionStorage))e.startsWith(If)&&sessionStorage.removeItem(e)}function Hf(e,t,n,r){let i=t,a=null,o=!1,s=0;return{token:async()=>{let t=Math.min(i.expires_in??1/0,i.profile.exp-Date.now()/1e3);return i.refresh_token!==void 0&&(t<Pf||o)&&(a??=Uf(e,r).finally(()=>a=null),i=await a??i,[o,s]=[!1,Date.now()]),i[n]??``},refused:e=>{e===(i[n]??``)&&(i.refresh_token!==void 0&&Date.now()-s>Ff*1e3?o=!0:r())}}}async function Uf(e,t){let{ErrorResponse:n}=await Ye(async()=>{let{ErrorResponse:e}=await import(`./oidc-client-ts-D3NlfRf2.js`);return{ErrorResponse:e}},[]),r=Lf;try{let t=await e.signinSilent();return Lf!==r&&Vf(),t}catch(e){throw e instanceof n?(t(),new di(401)):e}}async function Wf({issuer:e,client_id:t,scope:n}){let{UserManager:r,WebStorageStateStore:i}=await Ye(async()=>{let{UserManager:e,WebStorageStateStore:t}=await import(`./oidc-client-ts-D3NlfRf2.js`);return{UserManager:e,WebStorageStateStore:t}},[]);return new r({authority:e,client_id:t,redirect_uri:location.origin+location.pathname,scope:n,userStore:new i({prefix:If,store:sessionStorage}),stateStore:new i({store:sessionStorage}),automaticSilentRenew:!1})}function Gf(e){return e.titles[pe.value]||Object.values(e.titles).find(e=>e!==``)||V(e.name)}function Kf(e){return{"":F(`actionReads`),write:F(`actionWrites`),money:F(`actionMovesMoney`)}[e]??e}function qf(e){let t=e.call?.url??``,n=URL.canParse(t)?new URL(t).host:t,r=e.call?.tool??``;return r===``?n:`${n} (MCP: ${r})`}function Jf(e){let{intents:t,examples:n}=e;return[...t.length>0?[F(`intentsAre`,{intents:t.join(`, `)})]:[],...n.length>0?[F(`exampleCount`,{count:n.length})]:[]].join(`; `)||F(`byOthersOnly`)}var Yf=[`en`,`zh`];function Xf({of:e,onClose:t}){let{me:n}=W();return A(N,{kind:`panel`,title:Gf(e),closeLabel:F(`close`),onClose:t,children:A(`div`,{class:`stack`,children:[A(`dl`,{class:`facts`,children:[A(`dt`,{children:F(`name`)}),A(`dd`,{class:`mono`,children:e.name}),A(`dt`,{children:F(`risk`)}),A(`dd`,{children:Kf(e.change?.risk??``)}),A(`dt`,{children:F(`calls`)}),A(`dd`,{children:qf(e)}),A(`dt`,{children:F(`inputs`)}),A(`dd`,{children:e.inputs.map(e=>e.from===``?e.name:F(`fromCustomer`,{name:e.name})).join(`, `)||`–`}),A(`dt`,{children:F(`askedBy`)}),A(`dd`,{children:Jf(e)}),A(`dt`,{children:F(`revision`)}),A(`dd`,{children:String(e.revision)})]}),e.requiresCustomer||e.inputs.some(e=>e.from!==``)?A(`p`,{children:A(X,{kind:`accent`,children:F(`signedInOnly`)})}):null,ki(n,`admin`)?A(Zf,{of:e}):null,A(`details`,{children:[A(`summary`,{children:F(`asJson`)}),A(`pre`,{class:`json`,tabIndex:0,children:_n(ql,e,{prettySpaces:2,useProtoFieldName:!0})})]})]})})}function Zf({of:e}){let{services:t}=W(),[n,r]=h(``),[i,a]=h(pe.value),[o,s]=h({}),[c,l]=h(null),u=B(),d=e.inputs.filter(e=>e.from===``);return A(`form`,{class:`panel-card stack`,"aria-label":F(`tryAction`),onSubmit:r=>{r.preventDefault(),l(null),u.run(async()=>l(await t.actions.tryAction({name:e.name,customer:n.trim(),inputs:{...o},language:i})))},children:[A(`h3`,{children:F(`tryAction`)}),A(`p`,{class:`soft`,children:F(`tryActionMore`)}),A(Z,{label:F(`customerSubject`),children:e=>A(`input`,{id:e,class:`field mono`,autocomplete:`off`,value:n,onInput:e=>r(e.currentTarget.value)})}),d.map(e=>A(Z,{label:e.name,children:t=>A(`input`,{id:t,class:`field mono`,autocomplete:`off`,value:o[e.name]??``,onInput:t=>s({...o,[e.name]:t.currentTarget.value})})},e.name)),A(Z,{label:F(`tryLanguage`),children:e=>A(`select`,{id:e,class:`field`,value:i,onChange:e=>a(e.currentTarget.value),children:Yf.map(e=>A(`option`,{value:e,children:Yr(e)},e))})}),A(`div`,{children:A(`button`,{type:`submit`,class:`button primary`,disabled:u.busy,children:u.busy?F(`trying`):F(`tryAction`)})}),u.failure?.reason===`BACKEND_UNAVAILABLE`?A(K,{kind:`danger`,children:u.failure.message}):A(q,{failure:u.failure}),c?A(Qf,{of:c}):null]})}function Qf({of:e}){return A(`div`,{class:`stack`,role:`status`,children:[A(`p`,{children:[F(`tryStatus`),`: `,A(`strong`,{children:e.status})]}),A(`div`,{children:[A(`p`,{class:`soft`,children:F(`tryAnswer`)}),A(`div`,{class:`example-reply`,dir:`auto`,children:e.answer===``?F(`sayNothing`):it(e.answer)})]}),A(`div`,{children:[A(`p`,{class:`soft`,children:F(`tryResult`)}),A(`pre`,{class:`json`,tabIndex:0,children:e.result||F(`sayNothing`)})]})]})}function $f(){let{services:e}=W(),[t,n]=h(!1),[r,i]=h(null),[a,o]=h(``),s=B(),c=z(async t=>(await e.admin.listSecrets({},{signal:t})).secrets,[e]);return A(`section`,{class:`stack`,"aria-label":F(`secrets`),children:[A(`h2`,{children:F(`secrets`)}),A(`div`,{class:`toolbar`,children:[A(`p`,{class:`soft page-lead`,children:F(`secretsMore`)}),A(`button`,{type:`button`,class:`button`,onClick:()=>n(!0),children:[A(G,{name:`plus`}),` `,F(`addSecret`)]})]}),a===``?null:A(K,{kind:`good`,children:F(`secretStored`,{name:a})}),A(q,{failure:c.failure,retry:c.reload}),c.value===null&&c.failure===null?A(Y,{}):null,c.value?.length===0?A(`p`,{class:`none`,children:F(`noSecrets`)}):null,A(`ul`,{class:`plain-list rows`,children:c.value?.map(e=>A(`li`,{children:[A(`span`,{class:`mono breakable`,children:V(e.name)}),A(`span`,{class:`soft`,children:I(e.updateTime)}),A(`button`,{type:`button`,class:`button small danger`,"aria-label":F(`deleteNamed`,{title:V(e.name)}),onClick:()=>i(e),children:F(`delete`)})]},e.name))}),t?A(ep,{onClose:()=>n(!1),onStored:e=>{n(!1),o(e),c.reload()}}):null,r?A(Q,{title:F(`deleteSecret`),action:F(`delete`),danger:!0,busy:s.busy,failure:s.failure,onClose:()=>{i(null),s.clear()},onConfirm:()=>s.run(async()=>{await e.admin.deleteSecret({name:r.name}),i(null),o(``),c.reload()}),children:A(`p`,{class:`breakable`,children:F(`deleteSecretMore`,{name:V(r.name)})})}):null]})}function ep({onClose:e,onStored:t}){let{services:n,me:r}=W(),[i,a]=h(``),[o,s]=h(``),c=B();return A(N,{kind:`box`,title:F(`addSecret`),closeLabel:F(`close`),onClose:e,children:A(`form`,{class:`stack`,autocomplete:`off`,onSubmit:e=>{e.preventDefault(),c.run(async()=>{await n.admin.putSecret({name:`tenants/${r.tenant}/secrets/${i}`,value:o}),t(i)})},children:[A(Z,{label:F(`secretId`),hint:F(`secretIdHint`),children:(e,t)=>A(`input`,{id:e,class:`field mono`,required:!0,maxLength:63,pattern:`[a-z][a-z0-9\\-]{0,62}`,autocomplete:`off`,value:i,"aria-describedby":t,onInput:e=>a(e.currentTarget.value)})}),A(Z,{label:F(`secretValue`),hint:F(`secretValueHint`),children:(e,t)=>A(`input`,{id:e,class:`field mono`,type:`password`,required:!0,autocomplete:`new-password`,value:o,"aria-describedby":t,onInput:e=>s(e.currentTarget.value)})}),A(q,{failure:c.failure}),A(`div`,{class:`dialog-actions`,children:[A(`button`,{type:`button`,class:`button`,onClick:e,children:F(`cancel`)}),A(`button`,{type:`submit`,class:`button primary`,disabled:c.busy,children:c.busy?F(`saving`):F(`save`)})]})]})})}function tp(){let{services:e,me:t}=W(),[n,r]=h(null),i=z(async t=>(await e.actions.listActions({},{signal:t})).actions,[e]);return A(g,{children:[A(`p`,{class:`soft page-lead`,children:F(`actionsMore`)}),A(q,{failure:i.failure,retry:i.reload}),i.value===null&&i.failure===null?A(Y,{}):null,i.value?.length===0?A(J,{icon:`act`,title:F(`noActions`),children:F(`noActionsMore`)}):null,i.value!==null&&i.value.length>0?A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":F(`actions`),children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`action`)}),A(`th`,{scope:`col`,children:F(`risk`)}),A(`th`,{scope:`col`,children:F(`calls`)}),A(`th`,{scope:`col`,children:F(`inputs`)}),A(`th`,{scope:`col`,children:F(`askedBy`)}),A(`th`,{scope:`col`,class:`figure`,children:F(`revision`)})]})}),A(`tbody`,{children:i.value.map(e=>A(np,{of:e,onOpen:()=>r(e)},e.name))})]})}):null,ki(t,`admin`)?A($f,{}):null,n?A(Xf,{of:n,onClose:()=>r(null)}):null]})}function np({of:e,onOpen:t}){let n=e.change?.risk??``;return A(`tr`,{children:[A(`th`,{scope:`row`,class:`action-name`,children:[A(`button`,{type:`button`,class:`button small breakable`,onClick:t,children:Gf(e)}),A(`span`,{class:`path`,children:V(e.name)})]}),A(`td`,{children:A(X,{kind:n===``?`plain`:n===`money`?`danger`:`warn`,children:Kf(n)})}),A(`td`,{class:`wrapping`,children:qf(e)}),A(`td`,{class:`wrapping`,children:e.inputs.map(e=>e.name).join(`, `)||`–`}),A(`td`,{class:`wrapping`,children:Jf(e)}),A(`td`,{class:`figure`,children:L(e.revision)})]})}var rp=`kefu.desk.procedure.`;function ip(e,t){return`${rp}${e}.${t}`}function ap(e,t){let n=sessionStorage.getItem(ip(e,t));if(n===null)return null;let r=n.indexOf(`
`);return{revision:BigInt(n.slice(0,r)),page:n.slice(r+1)}}function op(e,t,n){sessionStorage.setItem(ip(e,t),`${n.revision}\n${n.page}`)}function sp(e,t){sessionStorage.removeItem(ip(e,t))}function cp(e){let t=ip(e,``);return Object.keys(sessionStorage).filter(e=>e.startsWith(t)).map(e=>e.slice(t.length)).sort()}var lp=`# Title of this procedure

Say here for your colleagues what it is about; customers read the title alone.

## When

- \`NAME-OF-AN-ACTION\`

## Steps

1. Do \`NAME-OF-AN-ACTION\`.

## Never

## Notes

- Put the name of an action in place of NAME-OF-AN-ACTION; the page "Actions" lists them. Change the title.
- Under When there are actions, or messages of customers: "I want to cancel my order".
- Steps begin with Ask for, Look up, If, Otherwise, Say, Do, Hand over or End. What stands below an If is indented.
- A text may stand in both languages: Say "It is on its way." / "正在配送中。"
`,up=`# 流程的标题

在这里向同事说明这个流程的用途；客户只会看到标题。

## 何时

- \`NAME-OF-AN-ACTION\`

## 步骤

1. 办理 \`NAME-OF-AN-ACTION\`。

## 禁止

## 说明

- 把 NAME-OF-AN-ACTION 换成操作的名称，“操作”页列出了全部操作；标题也请改写。
- “何时”里写操作，或客户会说的话："我要取消订单"。
- 步骤以询问、查询、如果、否则、回复、办理、转人工或结束开头。“如果”之下的步骤要缩进。
- 一段话可以写两种语言：回复 "It is on its way." / "正在配送中。"
`,dp=`NAME-OF-AN-ACTION`;function fp(e){let t=pe.value===`zh`?up:lp;return e===``?t:t.replaceAll(`\`${dp}\``,`\`${e}\``)}function pp(){let{services:e,me:t}=W(),[n,r]=h(!1),i=z(async t=>(await e.procedures.listProcedures({},{signal:t})).procedures,[e]),a=i.value??[],o=a.map(e=>V(e.name)),s=cp(t.tenant),c=i.value===null?[]:s.filter(e=>!o.includes(e));return A(g,{children:[A(`div`,{class:`toolbar`,children:[A(`p`,{class:`soft page-lead`,children:F(`proceduresMore`)}),i.value===null?null:A(`button`,{type:`button`,class:`button primary`,onClick:()=>r(!0),children:[A(G,{name:`plus`}),` `,F(`newProcedure`)]})]}),A(q,{failure:i.failure,retry:i.reload}),i.value===null&&i.failure===null?A(Y,{}):null,i.value!==null&&o.length+c.length===0?A(J,{icon:`flow`,title:F(`noProcedures`),children:F(`noProceduresMore`)}):null,o.length+c.length>0?A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":F(`procedures`),children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`procedure`)}),A(`th`,{scope:`col`,children:F(`stateOf`)}),A(`th`,{scope:`col`,class:`figure`,children:F(`revision`)}),A(`th`,{scope:`col`,children:F(`changed`)})]})}),A(`tbody`,{children:[c.map(e=>A(`tr`,{children:[A(mp,{id:e,title:e}),A(`td`,{children:A(X,{kind:`warn`,children:F(`notStored`)})}),A(`td`,{class:`figure`,children:`–`}),A(`td`,{children:`–`})]},e)),a.map(e=>A(`tr`,{children:[A(mp,{id:V(e.name),title:Gf(e)}),A(`td`,{children:A(hp,{of:e,unsaved:s.includes(V(e.name))})}),A(`td`,{class:`figure`,children:L(e.revision)}),A(`td`,{children:I(e.updateTime)})]},e.name))]})]})}):null,n?A(gp,{taken:[...o,...c],onClose:()=>r(!1)}):null]})}function mp({id:e,title:t}){return A(`th`,{scope:`row`,children:[A(`a`,{class:`breakable`,dir:`auto`,href:U(`procedures`,`pages`,e),children:t}),A(`span`,{class:`path`,children:e})]})}function hp({of:e,unsaved:t}){let n=e.findings.filter(e=>e.isError).length,r=e.findings.length-n;return A(`span`,{class:`badges`,children:[n>0?A(X,{kind:`danger`,children:F(`errorCount`,{count:n})}):null,r>0?A(X,{kind:`warn`,children:F(`warningCount`,{count:r})}):null,n+r===0?A(X,{kind:`good`,children:F(`inForce`)}):null,t?A(X,{kind:`accent`,children:F(`unsaved`)}):null]})}function gp({taken:e,onClose:t}){let{services:n,me:r}=W(),[i,a]=h(``),[o,s]=h(``),[c,l]=h(!1),u=z(async e=>(await n.actions.listActions({},{signal:e})).actions,[n]),d=(u.value??[]).filter(e=>e.change!==void 0),f=()=>{e.includes(i)?l(!0):(op(r.tenant,i,{page:fp(o),revision:0n}),ii(`procedures`,`pages`,i))};return A(N,{kind:`box`,title:F(`newProcedure`),closeLabel:F(`close`),onClose:t,children:A(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),f()},children:[A(Z,{label:F(`procedureName`),hint:F(`procedureNameHint`),error:c?F(`procedureExists`):void 0,children:(e,t,n)=>A(`input`,{id:e,class:`field mono`,required:!0,maxLength:63,pattern:`[a-z][a-z0-9\\-]{0,62}`,value:i,"aria-invalid":n,"aria-describedby":t,onInput:e=>{a(e.currentTarget.value),l(!1)}})}),A(Z,{label:F(`mainAction`),hint:F(`mainActionHint`,{placeholder:dp}),children:(e,t)=>A(`select`,{id:e,class:`field`,value:o,"aria-describedby":t,onChange:e=>s(e.currentTarget.value),children:[A(`option`,{value:``,children:F(`actionLater`)}),d.map(e=>A(`option`,{value:V(e.name),children:Gf(e)},e.name))]})}),A(q,{failure:u.failure,retry:u.reload}),A(`div`,{class:`dialog-actions`,children:[A(`button`,{type:`button`,class:`button`,onClick:t,children:F(`cancel`)}),A(`button`,{type:`submit`,class:`button primary`,children:F(`create`)})]})]})})}var _p=350,vp={page:null,findings:[],flow:[],failure:null};function yp(e){let{services:t}=W(),[n,r]=h(vp);return S(()=>{let i=new AbortController,a=async()=>{let n=await t.procedures.checkProcedure({page:e},{signal:i.signal}).then(({findings:t,flow:n})=>({page:e,findings:t,flow:n,failure:null}),e=>({failure:T(e)}));i.signal.aborted||r(e=>({...e,...n}))},o=setTimeout(()=>void a(),n===vp?0:_p);return()=>{clearTimeout(o),i.abort()}},[t,e]),n}function bp(e){if(e.length===0)return F(`noFindings`);let t=e.filter(e=>e.isError).length;return F(`findingsAre`,{errors:F(`errorCount`,{count:t}),warnings:F(`warningCount`,{count:e.length-t})})}function xp({findings:e,onLine:t}){return A(`ul`,{class:`findings`,children:e.map((e,n)=>A(`li`,{children:A(`button`,{type:`button`,class:e.isError?`finding is-error`:`finding`,onClick:()=>t(e.line),children:[A(qe,{name:e.isError?`close`:`alert`}),A(`span`,{children:[A(`strong`,{children:e.isError?F(`lineError`,{n:e.line}):F(`lineWarning`,{n:e.line})}),` `,A(`span`,{lang:`en`,children:e.text})]})]})},n))})}function Sp(e){let t=[],n=[];for(let r of e){for(;(n.at(-1)?.depth??-1)>=r.depth;)n.pop();let e=[];(n.at(-1)?.below??t).push({step:r,below:e}),n.push({depth:r.depth,below:e})}return t}var Cp={[uu.UNSPECIFIED]:`file`,[uu.ASK]:`question`,[uu.LOOK_UP]:`search`,[uu.IF]:`branch`,[uu.OTHERWISE]:`otherwise`,[uu.SAY]:`say`,[uu.DO]:`act`,[uu.HAND_OVER]:`person`,[uu.END]:`end`};function wp(e){switch(e){case uu.ASK:return F(`kindAsk`);case uu.LOOK_UP:return F(`kindLookUp`);case uu.IF:return F(`kindIf`);case uu.OTHERWISE:return F(`kindOtherwise`);case uu.SAY:return F(`kindSay`);case uu.DO:return F(`kindDo`);case uu.HAND_OVER:return F(`kindHandOver`);case uu.END:return F(`kindEnd`);default:return F(`kindUnknown`)}}function Tp({steps:e,onLine:t}){return A(`ol`,{class:`flow`,children:e.map(({step:e,below:n},r)=>A(`li`,{children:[A(`div`,{class:`flow-step kind-${e.kind}`,children:[A(`span`,{class:`flow-kind`,children:[A(G,{name:Cp[e.kind]??`file`}),` `,wp(e.kind)]}),A(`button`,{type:`button`,class:`flow-line`,"aria-label":F(`goToLine`,{n:e.line}),onClick:()=>t(e.line),children:e.line}),e.text===``?null:A(`p`,{class:`flow-text`,dir:`auto`,children:e.text})]}),n.length>0?A(Tp,{steps:n,onLine:t}):null]},r))})}function Ep(e){return e.split(`
`).length}function Dp(e,t){return Ep(e.slice(0,t))}function Op(e,t){let n=0;for(let r=1;r<t;r+=1){let t=e.indexOf(`
`,n);if(t<0)return[e.length,e.length];n=t+1}let r=e.indexOf(`
`,n);return[n,r<0?e.length:r]}function kp({open:e,dirty:t}){let{services:n}=W(),{stored:r,text:i,base:a}=e,o=w(null),[s,c]=h(1),[l,u]=h(null),[d,f]=h(null),p=B(),m=yp(i),_=m.page===i,y=Ce(()=>Sp(m.flow),[m.flow]),b=p.failure?.reason===`STALE_REVISION`,x=t=>{u(null),e.write(t)},S=e=>{let t=o.current;if(t===null)return;let[n,r]=Op(t.value,e);t.focus(),t.setSelectionRange(n,r),t.scrollTop=t.scrollHeight*(e-1)/Ep(t.value)-t.clientHeight/3,t.scrollIntoView({block:`nearest`}),c(e)},C=()=>{let t=_?m.findings.find(e=>e.isError):void 0;t===void 0?(u(null),p.run(async()=>{let{procedure:t}=await n.procedures.putProcedure({procedure:{name:r.name,page:i},revision:a});t!==void 0&&e.settle(t),u(`saved`)})):(u(`mend`),S(t.line))};return A(g,{children:[A(`div`,{class:`procedure-columns`,children:[A(Ap,{field:o,text:i,line:s,onLine:c,onWrite:x,onSave:C}),A(`div`,{class:`stack`,children:[A(`section`,{class:`panel-card`,"aria-label":F(`findings`),children:[A(`h2`,{children:F(`findings`)}),A(`p`,{class:`soft`,children:[A(`span`,{role:`status`,children:m.page===null?``:bp(m.findings)}),` `,A(`span`,{"aria-hidden":`true`,children:_||m.failure!==null?``:F(`checking`)})]}),A(q,{failure:m.failure}),A(xp,{findings:m.findings,onLine:S})]}),A(`section`,{class:`panel-card`,"aria-label":F(`flow`),children:[A(`h2`,{children:F(`flow`)}),A(`p`,{class:`soft`,children:y.length===0?F(`noSteps`):F(`flowMore`)}),A(Tp,{steps:y,onLine:S})]})]})]}),A(q,{failure:b?null:p.failure}),b?A(K,{kind:`danger`,children:[F(`procedureStale`),` `,A(`button`,{type:`button`,class:`button small`,onClick:()=>{p.run(async()=>{try{let{procedure:e}=await n.procedures.getProcedure({name:r.name});e!==void 0&&f(e)}catch(t){if(T(t).reason!==`PROCEDURE_NOT_FOUND`)throw t;e.settle(v(lu,{name:r.name})),u(`gone`)}})},children:F(`compareStale`)})]}):null,l===`mend`?A(K,{kind:`danger`,children:F(`mendFirst`)}):null,l===`gone`?A(K,{kind:`warn`,children:F(`procedureGone`)}):null,l===`saved`?A(K,{kind:`good`,children:F(`procedureSaved`,{n:String(r.revision)})}):null,A(`div`,{class:`row save-bar`,children:[A(`button`,{type:`button`,class:`button primary`,disabled:p.busy||!t,onClick:C,children:p.busy?F(`saving`):F(`save`)}),t&&r.revision!==0n?A(`button`,{type:`button`,class:`button`,onClick:()=>f(`discard`),children:F(`discard`)}):null,A(`p`,{role:`status`,children:r.revision===0n?A(X,{kind:`warn`,children:F(`notStored`)}):t?A(X,{kind:`accent`,children:F(`unsaved`)}):A(`span`,{class:`soft`,children:F(`revisionIs`,{n:String(r.revision)})})})]}),d===`discard`?A(Q,{title:F(`discard`),action:F(`discard`),danger:!0,onClose:()=>f(null),onConfirm:()=>{e.settle(r,r.page),f(null),p.clear()},children:A(`p`,{children:F(`discardMore`,{n:String(r.revision)})})}):null,d!==null&&d!==`discard`?A(jp,{now:d,text:i,onClose:()=>f(null),onDecide:t=>{e.settle(d,t),f(null),p.clear()}}):null]})}function Ap({field:e,text:t,line:n,onLine:r,onWrite:i,onSave:a}){let o=Te(),s=()=>{e.current&&r(Dp(e.current.value,e.current.selectionStart))};return A(`div`,{class:`labelled procedure-text`,children:[A(`label`,{for:o,children:F(`page`)}),A(`textarea`,{id:o,ref:e,class:`field mono`,dir:`auto`,spellcheck:!1,value:t,"aria-describedby":`${o}-hint`,onInput:e=>i(e.currentTarget.value),onSelect:s,onKeyUp:s,onClick:s,onKeyDown:e=>{(e.ctrlKey||e.metaKey)&&e.key.toLowerCase()===`s`&&(e.preventDefault(),a())}}),A(`p`,{class:`hint procedure-hint`,id:`${o}-hint`,children:[A(`span`,{children:F(`pageHint`)}),` `,A(`span`,{class:`nowrap`,children:F(`cursorLine`,{n,lines:Ep(t)})})]})]})}function jp({now:e,text:t,onClose:n,onDecide:r}){return A(N,{kind:`panel`,title:F(`compareStaleTitle`),closeLabel:F(`close`),onClose:n,children:[A(`div`,{class:`stack`,children:[A(`p`,{children:F(`compareStaleMore`)}),A(Al,{before:e.page,after:t,caption:F(`compareStaleTitle`)})]}),A(`div`,{class:`dialog-actions`,children:[A(`button`,{type:`button`,class:`button`,onClick:()=>r(e.page),children:F(`takeStored`)}),A(`button`,{type:`button`,class:`button primary`,onClick:()=>r(t),children:F(`keepMine`)})]})]})}function Mp({open:e,dirty:t}){let{services:n}=W(),{stored:r}=e,[i,a]=h(null),[o,s]=h(null),[c,l]=h(``),u=B(),d=r.revision===0n,f=z(async e=>d?[]:(await n.procedures.listProcedureRevisions({name:r.name},{signal:e})).procedures,[n,r.name,r.revision]),p=f.value??[],m=i??Np(p),_=()=>{s(null),u.clear()},v=t=>{u.run(async()=>{let{procedure:i}=await n.procedures.putProcedure({procedure:{name:r.name,page:t.page},revision:r.revision});i!==void 0&&(e.settle(i,i.page),l(String(i.revision)),a(null),s(null))})};return A(g,{children:[A(q,{failure:f.failure,retry:f.reload}),c===``?null:A(K,{kind:`good`,children:F(`restored`,{n:c})}),f.value===null&&f.failure===null?A(Y,{}):null,f.value?.length===0?A(J,{icon:`clock`,title:F(`noRevisions`)}):null,p.length>0?A(g,{children:[A(`p`,{class:`soft`,children:F(`revisionsMore`)}),A(Pp,{revisions:p,onCompare:a,onRestore:s})]}):null,m===null?null:A(Fp,{revisions:p,pair:m,onChange:a}),o?A(Q,{title:F(`restoreTitle`,{n:String(o.revision)}),action:F(`restore`),busy:u.busy,failure:u.failure,onClose:_,onConfirm:()=>v(o),children:[A(`p`,{children:F(`restoreMore`)}),t?A(K,{kind:`warn`,children:F(`restoreUnsaved`)}):null]}):null]})}function Np([e,t]){return e&&t?{from:String(t.revision),to:String(e.revision)}:null}function Pp({revisions:e,onCompare:t,onRestore:n}){let{me:r}=W();return A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":F(`revisions`),children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`revision`)}),A(`th`,{scope:`col`,children:F(`changed`)}),A(`td`,{})]})}),A(`tbody`,{children:e.map((i,a)=>{let o=String(i.revision),s=e[a+1];return A(`tr`,{children:[A(`th`,{scope:`row`,class:`revision-number`,children:[o,` `,a===0?A(X,{kind:`good`,children:F(`current`)}):null]}),A(`td`,{children:[I(i.updateTime),A(`span`,{class:`path`,children:i.author.replace(`tenants/${r.tenant}/`,``)})]}),A(`td`,{class:`row-actions`,children:[s?A(`button`,{type:`button`,class:`button small`,"aria-label":F(`whatChangedIn`,{n:o}),onClick:()=>t({from:String(s.revision),to:o}),children:F(`whatChanged`)}):null,a>0?A(`button`,{type:`button`,class:`button small`,"aria-label":F(`restoreNamed`,{n:o}),onClick:()=>n(i),children:[A(G,{name:`redo`}),` `,F(`restore`)]}):null]})]},o)})})]})})}function Fp({revisions:e,pair:t,onChange:n}){let r=t=>e.find(e=>String(e.revision)===t)?.page??``,i=(t,r,i)=>A(Z,{label:t,children:t=>A(`select`,{id:t,class:`field`,value:r,onChange:e=>n(i(e.currentTarget.value)),children:e.map(e=>A(`option`,{value:String(e.revision),children:`${e.revision} · ${I(e.updateTime)}`},String(e.revision)))})});return A(`section`,{class:`stack`,"aria-label":F(`difference`),children:[A(`h2`,{children:F(`difference`)}),A(`div`,{class:`row`,children:[i(F(`fromRevision`),t.from,e=>({...t,from:e})),i(F(`toRevision`),t.to,e=>({...t,to:e}))]}),A(Al,{before:r(t.from),after:r(t.to),caption:F(`differenceBetween`,t)})]})}function Ip({page:e}){let{services:t}=W(),[n,r]=h(null),i=B();return A(g,{children:[A(`div`,{class:`toolbar`,children:[A(`p`,{class:`soft page-lead`,children:F(`simulationMore`)}),A(`button`,{type:`button`,class:`button primary`,disabled:i.busy,onClick:()=>{i.run(async()=>{r({page:e,response:await t.procedures.simulateProcedure({page:e,language:pe.value})})})},children:[A(G,{name:`say`}),` `,F(`simulate`)]})]}),A(q,{failure:i.failure}),i.busy?A(Y,{label:F(`simulating`)}):null,n!==null&&!i.busy?A(Lp,{of:n}):null]})}function Lp({of:{page:e,response:t}}){let{conversations:n,wrong:r,unreached:i}=t,a=F(`simulated`,{count:n.length}),o=e.split(`
`),s=[...n.filter(e=>e.problems.length>0),...n.filter(e=>e.problems.length===0)];return A(g,{children:[A(K,{kind:r>0?`warn`:`good`,children:r>0?F(`simulatedWrong`,{conversations:a,wrong:L(r)}):F(`simulatedGood`,{conversations:a})}),A(`section`,{class:`stack`,"aria-label":F(`unreached`),children:[A(`h2`,{children:F(`unreached`)}),i.length===0?A(`p`,{class:`soft`,children:F(`allReached`)}):null,A(`ul`,{class:`plain-list`,children:i.map(e=>A(`li`,{class:`breakable`,children:[A(`strong`,{children:F(`lineIs`,{n:e})}),` `,A(`span`,{dir:`auto`,children:o[e-1]?.trim()??``})]},e))})]}),A(`section`,{class:`stack`,"aria-label":F(`conversations`),children:[A(`h2`,{children:F(`conversations`)}),A(`ul`,{class:`cards`,children:s.map((e,t)=>A(`li`,{class:`card`,children:A(Rp,{of:e})},t))})]})]})}function Rp({of:e}){let t=e.problems.length>0,n=Object.entries(e.situation).sort();return A(`details`,{open:t,children:[A(`summary`,{class:`simulated-head`,children:[A(`span`,{class:`mono breakable`,children:e.customer}),` `,A(X,{kind:t?`danger`:`good`,children:F(t?`wentWrong`:`wentWell`)}),` `,A(`span`,{class:`soft breakable`,children:n.map(([e,t])=>`${e}: ${t}`).join(` · `)})]}),A(`ul`,{class:`problems`,children:e.problems.map(e=>A(`li`,{lang:`en`,children:[A(qe,{name:`alert`}),` `,e]},e))}),A(`ol`,{class:`messages`,children:e.messages.map((e,t)=>A(`li`,{class:`message from-${e.isCustomer?`customer`:`kefu`}`,children:A(zp,{message:e})},t))}),A(`dl`,{class:`facts`,children:[A(`dt`,{children:F(`outcome`)}),A(`dd`,{children:Bp(e.outcome)}),e.changes.length>0?A(g,{children:[A(`dt`,{children:F(`changesMade`)}),A(`dd`,{class:`mono`,children:e.changes.join(`, `)})]}):null]})]})}function zp({message:e}){return A(g,{children:[A(`p`,{class:`message-head`,children:e.isCustomer?F(`customer`):F(`kefu`)}),A(`div`,{class:e.isCustomer?`message-text`:``,dir:`auto`,children:e.isCustomer?e.text:it(e.text)}),e.choices.length>0?A(`p`,{class:`badges`,children:[A(`span`,{class:`soft`,children:[F(`offered`),`:`]}),e.choices.map(e=>A(X,{children:e},e))]}):null]})}function Bp(e){return{changed:F(`outcomeChanged`),answered:F(`outcomeAnswered`),person:F(`outcomePerson`),asked:F(`outcomeAsked`)}[e]??e}var Vp=[`page`,`revisions`,`simulation`];function Hp({id:e,part:t}){let{services:n,me:r}=W(),i=`procedures/${e}`,a=z(async t=>{try{let{procedure:e}=await n.procedures.getProcedure({name:i},{signal:t});return e??v(lu,{name:i})}catch(t){if(T(t).reason===`PROCEDURE_NOT_FOUND`&&ap(r.tenant,e)!==null)return v(lu,{name:i});throw t}},[n,e]);return A(`div`,{class:`page`,children:[A(`p`,{children:A(`a`,{class:`button quiet small`,href:U(`procedures`,`pages`),children:[A(G,{name:`back`}),` `,F(`backToProcedures`)]})}),a.value===null?A(g,{children:[A(Si,{title:e}),a.failure===null?A(Y,{}):A(q,{failure:a.failure,retry:a.reload})]}):A(Up,{id:e,read:a.value,part:t})]})}function Up({id:e,read:t,part:n}){let{me:r}=W(),[i,a]=h(t),[o,s]=h(()=>ap(r.tenant,e)??{page:t.page,revision:t.revision}),[c,l]=h(!1),u=w(o),d=i.revision===0n||o.page!==i.page,f=(t,n)=>{u.current=t,s(t),n.revision!==0n&&t.page===n.page?sp(r.tenant,e):op(r.tenant,e,t)},p={stored:i,text:o.page,base:o.revision,write:e=>f({...u.current,page:e},i),settle:(e,t)=>{a(e),f({page:t??u.current.page,revision:e.revision},e)}};S(()=>{if(!d)return;let e=e=>e.preventDefault();return addEventListener(`beforeunload`,e),()=>removeEventListener(`beforeunload`,e)},[d]);let m=Vp.find(e=>e===n)??`page`,_={page:F(`page`),revisions:F(`revisions`),simulation:F(`simulation`)};return A(g,{children:[A(Si,{title:Gf(i),children:[A(`span`,{class:`soft mono breakable`,children:e}),A(`button`,{type:`button`,class:`button danger`,onClick:()=>l(!0),children:F(`delete`)})]}),A(xi,{label:F(`procedure`),items:Vp.map(t=>({href:U(`procedures`,`pages`,e,t),label:_[t],current:t===m}))}),m===`page`?A(kp,{open:p,dirty:d}):null,m===`revisions`?A(Mp,{open:p,dirty:d}):null,m===`simulation`?A(Ip,{page:o.page}):null,c?A(Wp,{id:e,stored:i,onClose:()=>l(!1)}):null]})}function Wp({id:e,stored:t,onClose:n}){let{services:r,me:i}=W(),a=B();return A(Q,{title:F(`deleteProcedure`),action:F(`delete`),danger:!0,busy:a.busy,failure:a.failure,onClose:n,onConfirm:()=>a.run(async()=>{t.revision!==0n&&await r.procedures.deleteProcedure({name:t.name}),sp(i.tenant,e),ii(`procedures`,`pages`)}),children:A(`p`,{class:`breakable`,dir:`auto`,children:t.revision===0n?F(`discardNew`):F(`deleteProcedureMore`,{title:Gf(t)})})})}var Gp=[`pages`,`actions`];function Kp(){let[e=``,t=``,n=``]=$r.value.rest,r=Gp.find(t=>t===e)??`pages`,i=w(`${r}/${t}`);if(S(()=>{let e=i.current!==`${r}/${t}`;i.current=`${r}/${t}`,e&&document.activeElement===document.body&&document.getElementById(`main`)?.focus()},[r,t]),r===`pages`&&t!==``)return A(Hp,{id:t,part:n},t);let a={pages:F(`procedures`),actions:F(`actions`)};return A(`div`,{class:`page`,children:[A(Si,{title:a[r]}),A(xi,{label:F(`procedures`),items:Gp.map(e=>({href:U(`procedures`,e),label:a[e],current:e===r}))}),A(r===`pages`?pp:tp,{})]})}function qp(){let e=pe.value===`zh`?`en`:`zh`;return A(`button`,{type:`button`,class:`button quiet small`,lang:e===`zh`?`zh-CN`:`en`,onClick:()=>be(e),children:[A(qe,{name:`globe`}),` `,e===`zh`?`中文`:`English`]})}var Jp={auto:`light`,light:`dark`,dark:`auto`};function Yp(){let e={auto:F(`themeAuto`),light:F(`themeLight`),dark:F(`themeDark`)};return A(`button`,{type:`button`,class:`button quiet small`,onClick:()=>gi(Jp[hi.value]),children:[A(G,{name:`moon`}),` `,A(`span`,{class:`unseen`,children:[F(`theme`),`: `]}),e[hi.value]]})}var Xp=100;async function Zp(e,t,n,r){let{days:i,actor:a,action:o,failed:s}=t,c=i>0?{startTime:Lt(Date.now()-i*864e5)}:{},l=n;do{let t={...c,actor:a,action:o,failed:s,pageSize:Xp,pageToken:l},n=await e.audit.listAuditEntries(t,r?{signal:r}:{});if(n.entries.length>0)return{entries:n.entries,next:n.nextPageToken};l=n.nextPageToken}while(l!==``);return{entries:[],next:``}}async function Qp(e,t){let n=[],r=``;do{let i=await Zp(e,t,r);n.push(...i.entries.map(e=>`${e.json}\n`)),r=i.next}while(r!==``);return n.join(``)}var $p=[1,7,30,90,0];function em(){let{services:e}=W(),[t,n]=h({days:30,actor:``,action:``,failed:!1}),[r,i]=h({entries:[],next:``}),[a,o]=h(null),s=B(),c=z(n=>Zp(e,t,``,n),[e,t]);S(()=>{i({entries:[],next:c.value?.next??``})},[c.value]);let l=[...c.value?.entries??[],...r.entries],u=async()=>{let n=await Zp(e,t,r.next);i(e=>({entries:[...e.entries,...n.entries],next:n.next}))};return A(g,{children:[A(`div`,{class:`toolbar`,children:[A(`p`,{class:`soft`,children:F(`auditMore`)}),A(`button`,{type:`button`,class:`button`,disabled:s.busy,onClick:()=>s.run(async()=>o(await e.audit.verifyAudit({}))),children:F(`auditVerify`)}),A(`button`,{type:`button`,class:`button`,disabled:s.busy,onClick:()=>s.run(async()=>{$d(`kefu-audit-${new Date().toISOString().slice(0,10)}.jsonl`,await Qp(e,t),`application/x-ndjson`)}),children:[A(G,{name:`download`}),` `,F(`auditDownload`)]})]}),A(tm,{filter:t,onChange:n}),A(q,{failure:c.failure??s.failure,retry:c.reload}),a?A(im,{of:a}):null,c.value===null&&c.failure===null?A(Y,{}):null,c.value!==null&&l.length===0?A(J,{icon:`search`,title:F(`auditNothing`)}):null,l.length>0?A(nm,{entries:l}):null,r.next===``?null:A(`button`,{type:`button`,class:`button`,disabled:s.busy,onClick:()=>s.run(u),children:F(`auditEarlier`)})]})}function tm({filter:e,onChange:t}){let[n,r]=h(e.actor),[i,a]=h(e.action);return A(`form`,{class:`row`,onSubmit:r=>{r.preventDefault(),t({...e,actor:n.trim(),action:i.trim()})},children:[A(Z,{label:F(`span`),children:n=>A(`select`,{id:n,class:`field`,value:e.days,onChange:n=>t({...e,days:Number(n.currentTarget.value)}),children:$p.map(e=>A(`option`,{value:e,children:e===0?F(`allKept`):F(`lastDays`,{count:e})},e))})}),A(Z,{label:F(`auditWho`),children:e=>A(`input`,{id:e,class:`field`,value:n,onInput:e=>r(e.currentTarget.value)})}),A(Z,{label:F(`auditWhat`),children:e=>A(`input`,{id:e,class:`field`,placeholder:`key.create`,value:i,onInput:e=>a(e.currentTarget.value)})}),A(`label`,{class:`check`,children:[A(`input`,{type:`checkbox`,checked:e.failed,onChange:n=>t({...e,failed:n.currentTarget.checked})}),` `,F(`auditFailed`)]}),A(`button`,{type:`submit`,class:`button`,children:[A(G,{name:`search`}),` `,F(`search`)]})]})}function nm({entries:e}){return A(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":F(`auditLog`),children:A(`table`,{class:`table`,children:[A(`thead`,{children:A(`tr`,{children:[A(`th`,{scope:`col`,children:F(`time`)}),A(`th`,{scope:`col`,children:F(`auditWho`)}),A(`th`,{scope:`col`,children:F(`auditWhat`)}),A(`th`,{scope:`col`,children:F(`auditOutcome`)}),A(`th`,{scope:`col`,children:F(`auditTarget`)}),A(`th`,{scope:`col`,children:F(`auditFrom`)})]})}),A(`tbody`,{children:e.map(e=>A(rm,{entry:e},e.hash))})]})})}function rm({entry:e}){let{me:t}=W();if(e.sequence===0n)return A(`tr`,{children:A(`td`,{colSpan:6,children:[A(X,{kind:`danger`,children:F(`auditUnreadable`)}),` `,A(`span`,{class:`path`,children:e.json})]})});let n=e=>e.replace(`tenants/${t.tenant}/`,``),r=Object.entries(e.details).sort();return A(`tr`,{children:[A(`td`,{children:e.time?new Intl.DateTimeFormat(ve(),{dateStyle:`medium`,timeStyle:`medium`,hour12:!1}).format(It(e.time)):``}),A(`th`,{scope:`row`,children:[e.actorName||n(e.actor),e.actorName?A(`span`,{class:`path`,children:n(e.actor)}):null]}),A(`td`,{class:`mono`,children:e.action}),A(`td`,{children:e.outcome===`OK`?`OK`:A(X,{kind:`warn`,children:e.outcome})}),A(`td`,{children:[A(`span`,{class:`breakable`,children:n(e.target)}),r.length>0?A(`span`,{class:`path`,children:r.map(([e,t])=>`${e}: ${t}`).join(` · `)}):null]}),A(`td`,{children:e.addressFrom===`peer`?F(`auditPeer`,{address:e.address}):e.address||`–`})]})}function im({of:e}){return e.brokenSequence>0n?A(K,{kind:`danger`,children:F(`auditBroken`,{n:L(e.brokenSequence),problem:e.problem})}):A(K,{kind:e.problem?`warn`:`good`,children:[e.problem?F(`auditUnsealed`,{n:L(e.entries),problem:e.problem}):F(`auditWhole`,{n:L(e.entries)}),` `,e.lastHash?A(`span`,{class:`path mono breakable`,children:F(`auditHash`,{hash:e.lastHash})}):null]})}var am=[`off`,`optional`,`required`],om=[``,`jwksUrl`,`publicKey`,`sharedSecret`],sm=`settings.identity.`;function cm(e){return om.find(t=>t!==``&&e[t]!==``)??``}function lm({read:e,onSaved:t}){let{services:n}=W(),r=e.settings??v(Xl),i=r.identity??v(Ql,{mode:`off`}),[a,o]=h(i),[s,c]=h(cm(i)),[l,u]=h(i.claims.join(`, `)),d=B(),f=w(null),p=d.failure?.field??``;S(()=>f.current?.querySelector(`[aria-invalid=true]`)?.focus(),[d.failure]);let m=e=>o(Object.assign(Mt(Ql,a),e)),_=()=>{d.run(async()=>{let i=Mt(Xl,r),{jwksUrl:o,publicKey:c,sharedSecret:u,issuer:d,audience:f}=a;i.identity=v(Ql,{mode:a.mode,emailCodes:a.emailCodes,issuer:s===``?``:d.trim(),audience:s===``?``:f.trim(),claims:s===``?[]:l.split(`,`).map(e=>e.trim()).filter(e=>e!==``),...s===``?{}:{[s]:{jwksUrl:o,publicKey:c,sharedSecret:u}[s].trim()}}),await n.admin.updateTenantSettings({revision:e.revision,settings:i}),t()})},y=d.failure?.message.replace(`${p}: `,``)??``,b=e=>p.startsWith(`${sm}${e}`)?F(`wrongIdentity`,{why:y}):void 0,x=[`mode`,`issuer`,`audience`,`jwks_url`,`public_key`,`shared_secret`,`claims`].some(e=>b(e)!==void 0),C=(e,t,n,r,i=``)=>A(Z,{label:n,hint:r,error:b(t),children:(t,n,r)=>A(`input`,{id:t,class:`field mono`,required:!0,value:a[e],placeholder:i,"aria-invalid":r,"aria-describedby":n,onInput:t=>m({[e]:t.currentTarget.value})})});return A(`form`,{class:`panel-card stack`,ref:f,onSubmit:e=>{e.preventDefault(),_()},children:[A(`p`,{class:`soft`,children:F(`identityMore`)}),A(Z,{label:F(`identityMode`),error:b(`mode`),children:(e,t,n)=>A(`select`,{id:e,class:`field`,value:a.mode||`off`,"aria-invalid":n,"aria-describedby":t,onChange:e=>m({mode:e.currentTarget.value}),children:am.map(e=>A(`option`,{value:e,children:um(e)},e))})}),A(`label`,{class:`check`,children:[A(`input`,{type:`checkbox`,checked:a.emailCodes,onChange:e=>m({emailCodes:e.currentTarget.checked})}),` `,F(`emailCodes`)]}),A(Z,{label:F(`identityProof`),hint:s===`sharedSecret`?F(`sharedSecretWeak`):``,children:(e,t)=>A(`select`,{id:e,class:`field`,value:s,"aria-describedby":t,onChange:e=>c(e.currentTarget.value),children:om.map(e=>A(`option`,{value:e,children:dm(e)},e))})}),s===`jwksUrl`?C(`jwksUrl`,`jwks_url`,F(`jwksUrl`),F(`jwksUrlHint`),`https://shop.example.com/.well-known/jwks.json`):null,s===`sharedSecret`?C(`sharedSecret`,`shared_secret`,F(`secretName`),F(`secretNameHint`),`identity`):null,s===`publicKey`?A(Z,{label:F(`publicKey`),error:b(`public_key`),children:(e,t,n)=>A(`textarea`,{id:e,class:`field mono`,rows:5,required:!0,value:a.publicKey,placeholder:`-----BEGIN PUBLIC KEY-----`,"aria-invalid":n,"aria-describedby":t,onInput:e=>m({publicKey:e.currentTarget.value})})}):null,s===``?null:A(g,{children:[A(`div`,{class:`row`,children:[C(`issuer`,`issuer`,F(`issuer`),F(`issuerHint`),`https://shop.example.com`),C(`audience`,`audience`,F(`tokenAudience`),F(`audienceHint`),`kefu`)]}),A(Z,{label:F(`keptClaims`),hint:F(`keptClaimsHint`),error:b(`claims`),children:(e,t,n)=>A(`input`,{id:e,class:`field mono`,value:l,placeholder:`name, email`,"aria-invalid":n,"aria-describedby":t,onInput:e=>u(e.currentTarget.value)})})]}),A(q,{failure:x?null:d.failure}),A(`div`,{class:`dialog-actions`,children:A(`button`,{type:`submit`,class:`button primary`,disabled:d.busy,children:d.busy?F(`saving`):F(`save`)})})]})}function um(e){return{off:F(`identityOff`),optional:F(`identityOptional`),required:F(`identityRequired`)}[e]}function dm(e){return{"":F(`noTokens`),jwksUrl:F(`proofJwks`),publicKey:F(`proofKey`),sharedSecret:F(`proofSecret`)}[e]}var fm=[`zh`,`en`],pm=1e3,mm=[`settings.time_zone`,`settings.escalate_seconds`,`settings.claim_seconds`,`settings.business_hours`,`settings.texts.`];function hm({read:e,onSaved:t}){let{services:n}=W(),r=e.settings??v(Xl),[i,a]=h(r.businessHours.join(`
`)),[o,s]=h(r.timeZone??``),[c,l]=h(r.escalateSeconds===void 0?``:String(r.escalateSeconds)),[u,d]=h(r.claimSeconds===void 0?``:String(r.claimSeconds)),[f,p]=h(r.texts),m=B(),g=w(null),_=m.failure?.field??``,y=i.split(`
`).map(e=>e.trim()).filter(e=>e!==``),b=(e,t)=>_===e?t:void 0,x=y.find(e=>m.failure?.message.includes(`"${e}"`))??y.join(`; `);S(()=>g.current?.querySelector(`[aria-invalid=true]`)?.focus(),[m.failure]);let C=[[`greeting`,F(`textGreeting`)],[`handoffNothingRelevant`,F(`textNothingRelevant`)],[`handoffCustomerAsked`,F(`textCustomerAsked`)],[`handoffOutOfHours`,F(`textOutOfHours`)]],ee=()=>{m.run(async()=>{let i=Mt(Xl,r);i.businessHours=y,i.texts=f;let{timeZone:a,escalateSeconds:s,claimSeconds:l}=Xl.field;o.trim()===``?ln(i,a):i.timeZone=o.trim(),c===``?ln(i,s):i.escalateSeconds=Number(c),u===``?ln(i,l):i.claimSeconds=Number(u),await n.admin.updateTenantSettings({revision:e.revision,settings:i}),t()})};return A(`form`,{class:`panel-card stack`,ref:g,onSubmit:e=>{e.preventDefault(),ee()},children:[A(`div`,{class:`row`,children:[A(Z,{label:F(`timeZone`),hint:F(`timeZoneHint`),error:b(`settings.time_zone`,F(`wrongZone`)),children:(e,t,n)=>A(`input`,{id:e,class:`field`,value:o,placeholder:`Asia/Shanghai`,"aria-invalid":n,"aria-describedby":t,onInput:e=>s(e.currentTarget.value)})}),A(Z,{label:F(`escalateSeconds`),hint:F(`escalateHint`),error:b(`settings.escalate_seconds`,F(`wrongSeconds`)),children:(e,t,n)=>A(`input`,{id:e,class:`field`,type:`number`,min:0,step:1,value:c,"aria-invalid":n,"aria-describedby":t,onInput:e=>l(e.currentTarget.value)})}),A(Z,{label:F(`claimSeconds`),hint:F(`claimHint`),error:b(`settings.claim_seconds`,F(`wrongSeconds`)),children:(e,t,n)=>A(`input`,{id:e,class:`field`,type:`number`,min:0,step:1,value:u,"aria-invalid":n,"aria-describedby":t,onInput:e=>d(e.currentTarget.value)})})]}),A(Z,{label:F(`businessHours`),hint:F(`businessHoursHint`),error:b(`settings.business_hours`,F(`wrongHours`,{line:x})),children:(e,t,n)=>A(`textarea`,{id:e,class:`field mono`,rows:4,value:i,placeholder:`Mon-Fri 09:00-18:00`,"aria-invalid":n,"aria-describedby":t,onInput:e=>a(e.currentTarget.value)})}),fm.map(e=>A(`fieldset`,{class:`plain-fieldset stack`,children:[A(`legend`,{children:F(`textsIn`,{language:Yr(e)})}),C.map(([t,n])=>A(Z,{label:n,hint:t===`handoffOutOfHours`?F(`openingHint`):``,error:_.startsWith(`settings.texts.`)&&[...f[e]?.[t]??``].length>pm?F(`wrongText`):void 0,children:(n,r,i)=>A(`textarea`,{id:n,class:`field`,rows:2,dir:`auto`,placeholder:F(`installationsText`),value:f[e]?.[t]??``,"aria-invalid":i,"aria-describedby":r,onInput:n=>{let r=Mt(Zl,f[e]??v(Zl));r[t]=n.currentTarget.value,p({...f,[e]:r})}})},t))]},e)),A(q,{failure:mm.some(e=>_.startsWith(e))?null:m.failure}),A(`div`,{class:`dialog-actions`,children:A(`button`,{type:`submit`,class:`button primary`,disabled:m.busy,children:m.busy?F(`saving`):F(`save`)})})]})}function gm({form:e}){let{me:t,services:n}=W(),r=z(e=>n.admin.getTenantSettings({},{signal:e}),[n]),[i,a]=h(!1);if(r.failure)return A(q,{failure:r.failure,retry:r.reload});if(r.value===null)return A(Y,{});let o=r.value.trustRevision;return A(g,{children:[i?A(K,{kind:`good`,children:F(`saved`)}):null,o?A(K,{kind:`info`,children:F(`trustChanged`,{when:I(o.createTime),who:o.author.replace(`tenants/${t.tenant}/`,``)})}):null,A(e,{read:r.value,onSaved:()=>{a(!0),r.reload()}},String(r.value.revision))]})}var _m=[mu.HANDOFF,mu.TURN,mu.RATING,mu.ESCALATION,mu.GOLDEN];function vm(){let{services:e}=W(),[t,n]=h(null),r=B(),i=z(async t=>(await e.webhooks.listWebhooks({},{signal:t})).webhooks,[e]),a=()=>n(null);return A(g,{children:[A(`div`,{class:`toolbar`,children:[A(`p`,{class:`soft`,children:F(`webhooksMore`)}),A(`button`,{type:`button`,class:`button primary`,onClick:()=>n({kind:`add`}),children:[A(G,{name:`plus`}),` `,F(`addWebhook`)]})]}),A(q,{failure:i.failure,retry:i.reload}),i.value===null&&i.failure===null?A(Y,{}):null,i.value?.length===0?A(J,{icon:`gear`,title:F(`noWebhooks`)}):null,A(`ul`,{class:`cards`,children:i.value?.map(e=>A(`li`,{class:`card`,children:[A(`p`,{class:`breakable mono`,children:e.url}),A(`div`,{class:`card-foot`,children:[e.events.map(e=>A(X,{children:Sm(e)},e)),A(`span`,{class:`card-actions`,children:[A(`button`,{type:`button`,class:`button small`,onClick:()=>n({kind:`deliveries`,webhook:e}),"aria-label":F(`deliveriesOf`,{url:e.url}),children:F(`deliveries`)}),A(`button`,{type:`button`,class:`button small danger`,onClick:()=>n({kind:`delete`,webhook:e}),"aria-label":F(`deleteNamed`,{title:e.url}),children:F(`delete`)})]})]})]},e.name))}),t?.kind===`add`?A(ym,{onClose:a,onMade:i.reload}):null,t?.kind===`deliveries`?A(bm,{webhook:t.webhook,onClose:a}):null,t?.kind===`delete`?A(Q,{title:F(`deleteWebhook`),action:F(`delete`),danger:!0,busy:r.busy,failure:r.failure,onClose:a,onConfirm:()=>r.run(async()=>{await e.webhooks.deleteWebhook({name:t.webhook.name}),a(),i.reload()}),children:A(`p`,{class:`breakable`,children:F(`deleteWebhookMore`,{url:t.webhook.url})})}):null]})}function ym({onClose:e,onMade:t}){let{services:n}=W(),[r,i]=h(``),[a,o]=h([mu.HANDOFF]),[s,c]=h(``),l=B();return s===``?A(N,{kind:`box`,title:F(`addWebhook`),closeLabel:F(`close`),onClose:e,children:A(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),l.run(async()=>{let e=await n.webhooks.createWebhook({url:r,events:[...a]});c(e.secret),t()})},children:[A(Z,{label:F(`address`),children:e=>A(`input`,{id:e,class:`field mono`,type:`url`,required:!0,maxLength:2e3,placeholder:`https://`,value:r,onInput:e=>i(e.currentTarget.value)})}),A(`fieldset`,{class:`plain-fieldset`,children:[A(`legend`,{children:F(`toldOf`)}),_m.map(e=>A(`label`,{class:`check`,children:[A(`input`,{type:`checkbox`,checked:a.includes(e),onChange:t=>o(t.currentTarget.checked?[...a,e]:a.filter(t=>t!==e))}),` `,Sm(e)]},e))]}),A(q,{failure:l.failure}),A(`div`,{class:`dialog-actions`,children:[A(`button`,{type:`button`,class:`button`,onClick:e,children:F(`cancel`)}),A(`button`,{type:`submit`,class:`button primary`,disabled:l.busy||a.length===0,children:F(`create`)})]})]})}):A(N,{kind:`box`,title:F(`secret`),closeLabel:F(`close`),onClose:e,children:[A(K,{kind:`warn`,children:F(`secretMore`)}),A(`p`,{class:`secret mono breakable`,children:s}),A(`div`,{class:`dialog-actions`,children:A(`button`,{type:`button`,class:`button primary`,onClick:e,children:F(`secretKept`)})})]})}function bm({webhook:e,onClose:t}){let{services:n}=W(),r=B(),i=z(async t=>(await n.webhooks.listDeliveries({webhook:e.name,pageSize:100},{signal:t})).deliveries,[n,e.name]);return A(N,{kind:`panel`,title:F(`deliveries`),closeLabel:F(`close`),onClose:t,children:[A(`p`,{class:`soft breakable`,children:e.url}),A(q,{failure:i.failure??r.failure,retry:i.reload}),i.value===null&&i.failure===null?A(Y,{}):null,i.value?.length===0?A(J,{icon:`gear`,title:F(`noDeliveries`)}):null,A(`ul`,{class:`plain-list rows`,children:i.value?.map(e=>A(`li`,{class:`delivery`,children:[A(`span`,{children:[A(X,{kind:e.state===pu.DELIVERED?`good`:e.state===pu.FAILED?`danger`:`warn`,children:xm(e)}),` `,Sm(e.event),` · `,I(e.createTime),e.error&&e.httpStatus===0?A(`span`,{class:`soft breakable`,children:[` · `,e.error]}):null,e.error&&e.nextTime?A(`span`,{class:`soft`,children:[` · `,F(`nextAttempt`,{time:I(e.nextTime)})]}):null]}),A(`button`,{type:`button`,class:`button small`,disabled:r.busy,onClick:()=>r.run(async()=>{await n.webhooks.redeliver({name:e.name}),i.reload()}),children:[A(G,{name:`redo`}),` `,F(`redeliver`)]})]},e.name))})]})}function xm(e){let t=e.httpStatus>0?` · ${e.httpStatus}`:``;switch(e.state){case pu.DELIVERED:return F(`delivered`)+t;case pu.FAILED:return F(`givenUp`)+t;default:return F(`attempts`,{n:e.attempts})+t}}function Sm(e){switch(e){case mu.HANDOFF:return F(`eventHandoff`);case mu.TURN:return F(`eventTurn`);case mu.RATING:return F(`eventRating`);case mu.ESCALATION:return F(`eventEscalation`);case mu.GOLDEN:return F(`eventGolden`);default:return String(e)}}var Cm=[`desk`,`hours`,`customers`,`webhooks`,`audit`],wm={hours:`settings`,customers:`admin`,webhooks:`admin`,audit:`admin`};function Tm(){let{me:e}=W(),t=Cm.filter(t=>t===`desk`||ki(e,wm[t])),n=t.find(e=>e===$r.value.rest[0])??`desk`,r={desk:F(`thisDesk`),hours:F(`hoursAndTexts`),customers:F(`identity`),webhooks:F(`webhooks`),audit:F(`auditLog`)};return A(`div`,{class:`page`,children:[A(Si,{title:F(`settings`)}),A(xi,{label:F(`settings`),items:t.map(e=>({href:U(`settings`,e),label:r[e],current:e===n}))}),n===`desk`?A(Em,{}):null,n===`hours`?A(gm,{form:hm}):null,n===`customers`?A(gm,{form:lm}):null,n===`webhooks`?A(vm,{}):null,n===`audit`?A(em,{}):null]})}function Em(){let{me:e,agent:t,config:n,signOut:r}=W();return A(`section`,{class:`panel-card`,children:[A(`dl`,{class:`facts`,children:[A(`dt`,{children:F(`name`)}),A(`dd`,{children:t}),A(`dt`,{children:F(`keyOf`)}),A(`dd`,{class:`breakable`,children:e.name||e.subject}),A(`dt`,{children:F(`tenant`)}),A(`dd`,{children:e.tenant}),A(`dt`,{children:F(`role`)}),A(`dd`,{children:Ni(e)}),A(`dt`,{children:F(`scopes`)}),A(`dd`,{children:e.scopes.join(`, `)}),A(`dt`,{children:F(`version`)}),A(`dd`,{children:n.version})]}),A(`div`,{class:`row tools`,children:[A(`button`,{type:`button`,class:`button small`,onClick:()=>mi(``),children:[A(G,{name:`edit`}),` `,F(`changeName`)]}),A(`button`,{type:`button`,class:`button small`,"aria-pressed":fs.value,onClick:()=>ms(!fs.value),children:[A(G,{name:fs.value?`bell`:`mute`}),` `,fs.value?F(`soundOn`):F(`soundOff`)]}),A(qp,{}),A(Yp,{}),A(`button`,{type:`button`,class:`button small`,onClick:r,children:[A(G,{name:`leave`}),` `,F(`signOut`)]})]})]})}async function Dm(e){try{let t=await fi(await e.token());return Ai(t)?{trouble:`stranger`}:{me:t}}catch(e){return{trouble:e instanceof di&&(e.status===401||e.status===403)?`refused`:`unreachable`}}}function Om(e){let[t,n]=h(``),[r,i]=h(!1),[a,o]=h(e.trouble),{oidc:s}=e.config,c=async()=>{i(!0);let n=t.trim(),r=await Dm(de(n,()=>void 0));i(!1),`me`in r?e.onSignedIn(n,r.me):o(r.trouble)};return A(`main`,{class:`gate`,children:A(`div`,{class:`gate-card`,children:[A(`img`,{src:`/icon.svg`,alt:``,width:`40`,height:`40`}),A(`h1`,{children:F(`deskOf`,{title:e.config.title})}),A(`p`,{class:`soft`,children:F(`signInMore`)}),a?A(K,{kind:`danger`,children:Am(a)}):null,s?A(`button`,{type:`button`,class:`button primary wide`,onClick:()=>{Rf(s,a===`accountRefused`||a===`accountStranger`).catch(()=>{o(`provider`)})},children:[A(G,{name:`leave`}),` `,F(`signInCompany`)]}):null,A(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),c()},children:[A(Z,{label:F(`key`),hint:F(`keyHint`),children:(e,r)=>A(`input`,{id:e,class:`field mono`,type:`password`,autocomplete:`off`,spellcheck:!1,placeholder:`kefu_…`,value:t,required:!0,"aria-describedby":r,onInput:e=>n(e.currentTarget.value)})}),A(`button`,{type:`submit`,class:`button wide ${s?``:`primary`}`,disabled:r||t.trim()===``,children:F(`signIn`)})]}),A(qp,{})]})})}function km({proposed:e}){let[t,n]=h(e),r=t.trim()!==``&&[...t.trim()].length<=100;return A(`main`,{class:`gate`,children:A(`form`,{class:`gate-card stack`,onSubmit:e=>{e.preventDefault(),r&&mi(t.trim())},children:[A(`h1`,{children:F(`yourName`)}),A(`p`,{class:`soft`,children:F(`yourNameMore`)}),A(Z,{label:F(`name`),children:e=>A(`input`,{id:e,class:`field`,autocomplete:`name`,maxLength:100,required:!0,value:t,onInput:e=>n(e.currentTarget.value)})}),A(`button`,{type:`submit`,class:`button primary wide`,disabled:!r,children:F(`goOn`)})]})})}function Am(e){switch(e){case`refused`:return F(`troubleRefused`);case`stranger`:return F(`troubleStranger`);case`unreachable`:return F(`troubleUnreachable`);case`provider`:return F(`troubleProvider`);case`accountRefused`:return F(`troubleAccountRefused`);case`accountStranger`:return F(`troubleAccountStranger`);case`accountEnded`:return F(`troubleAccountEnded`)}}var jm=20,Mm=500;function Nm(e,t=Lm(e)){let n=e.central?.language??``,r=[...e.central?[e.central]:[],...e.questions].filter(e=>e.language===n),i=[...new Map(r.map(e=>[e.text.trim().toLowerCase(),e.text.trim()])).values()].filter(e=>e!==``&&e.length<=Mm);return v(wr,{questions:i.slice(0,jm),answer:t,language:n})}function Pm(e){return[...new Set(e.questions.map(e=>e.reply.trim()).filter(e=>e!==``))]}function Fm(e){return Rm(e.questions.map(e=>e.language))}function Im(e){return Rm(e.questions.map(e=>e.ratedDown?`rated_down`:e.reason))}function Lm(e){return Pm(e)[0]??``}function Rm(e){let t=new Map;for(let n of e)t.set(n,(t.get(n)??0)+1);return[...t].sort((e,t)=>t[1]-e[1])}var zm=[1,7,30,0];function Bm(){let{services:e,me:t,config:n}=W(),[r,i]=h(30),[a,o]=h(null),[s,c]=h(``),l=B(),u=ki(t,`knowledge`),d=z(async t=>{let n=r>0?{startTime:Ft(new Date(Date.now()-r*864e5))}:{},i=await e.insight.listUnanswered({...n,pageSize:100},{signal:t});return{groups:i.groups,total:i.totalQuestions}},[e,r]),f=z(async t=>u?(await e.knowledge.listCollections({pageSize:100},{signal:t})).collections:[],[e]),p=f.value?.find(e=>n.collections.some(t=>t.endsWith(H(e.name))))??f.value?.[0],m=async t=>{let n=t.questions.map(e=>e.turn),{dismissed:r}=await e.insight.dismissUnanswered({turns:n.length>0?n:[t.central?.turn??``]});c(F(`dismissed`,{n:r})),d.reload()};return A(`div`,{class:`page`,children:[A(Si,{title:F(`unanswered`),children:A(`label`,{class:`picker`,children:[A(`span`,{class:`soft`,children:F(`span`)}),A(`select`,{class:`field`,value:r,onChange:e=>i(Number(e.currentTarget.value)),children:zm.map(e=>A(`option`,{value:e,children:e===0?F(`allKept`):F(`lastDays`,{count:e})},e))})]})}),A(`p`,{class:`soft page-lead`,children:F(`unansweredMore`)}),A(q,{failure:d.failure??l.failure,retry:d.reload}),s?A(K,{kind:`good`,children:s}):null,d.value===null&&d.failure===null?A(Y,{}):null,d.value?.groups.length===0?A(J,{icon:`sparkle`,title:F(`allAnswered`),children:F(`allAnsweredMore`)}):null,d.value&&d.value.groups.length>0?A(`p`,{class:`soft`,children:F(`groupCount`,{questions:F(`questionCount`,{count:L(d.value.total)}),groups:F(`groups`,{count:d.value.groups.length})})}):null,A(`ol`,{class:`cards groups`,children:d.value?.groups.map(e=>A(Vm,{group:e,mayWrite:u&&p!==void 0,busy:l.busy,onWrite:t=>o({group:e,...t===void 0?{}:{reply:t}}),onDismiss:()=>l.run(()=>m(e))},e.central?.turn))}),a&&p?A(Di,{answer:Nm(a.group,a.reply),collection:p.name,collections:f.value??[],replies:Pm(a.group),onClose:()=>o(null),onSaved:async()=>{let{group:e}=a;o(null),await m(e),c(F(`curatedMade`))}}):null]})}function Vm(e){let{group:t}=e,n=t.central?.text??``;return A(`li`,{class:`card group`,children:[A(`div`,{class:`group-head`,children:[A(`span`,{class:`group-count`,children:[L(t.count),A(`span`,{class:`unseen`,children:[` `,F(`questions`)]})]}),A(`h2`,{dir:`auto`,children:n})]}),A(`p`,{class:`item-tags`,children:[Fm(t).map(([e,t])=>A(X,{children:[Yr(e),` · `,t]},e)),Im(t).map(([e,t])=>A(X,{kind:`warn`,children:[e===`rated_down`?F(`ratedDown`):Hi(e),` · `,t]},e))]}),A(`details`,{class:`examples`,children:[A(`summary`,{children:F(`examples`,{n:t.questions.length})}),A(`ul`,{class:`plain-list`,children:t.questions.map(t=>A(Hm,{question:t,onWrite:e.mayWrite?e.onWrite:void 0},t.turn))})]}),A(`div`,{class:`row tools`,children:[A(`button`,{type:`button`,class:`button primary small`,disabled:!e.mayWrite||e.busy,onClick:()=>e.onWrite(),"aria-label":F(`writeAnswerTo`,{question:n}),children:[A(G,{name:`sparkle`}),` `,F(`writeAnswer`)]}),t.central?A(`a`,{class:`button small`,href:U(`inbox`,Xr(t.central.turn)),children:F(`openConversation`)}):null,t.central?A(`a`,{class:`button small`,href:wi(t.central.turn),"aria-label":F(`makeGoldenOf`,{question:n}),children:[A(G,{name:`star`}),` `,F(`makeGolden`)]}):null,A(`button`,{type:`button`,class:`button small quiet`,disabled:e.busy,onClick:e.onDismiss,"aria-label":F(`dismissNamed`,{question:n}),children:F(`dismiss`)}),e.mayWrite?null:A(`span`,{class:`hint`,children:F(`writeNeedsScope`)})]})]})}function Hm({question:e,onWrite:t}){return A(`li`,{class:`example`,children:[A(`p`,{dir:`auto`,children:e.text}),A(`p`,{class:`soft`,children:[I(e.createTime),` · `,e.ratedDown?F(`ratedDown`):Hi(e.reason),` ·`,` `,A(`a`,{href:U(`inbox`,Xr(e.turn)),children:F(`openConversation`)})]}),e.reply?A(`div`,{class:`example-reply`,children:[A(`p`,{class:`soft`,children:F(`personReplied`)}),A(`p`,{class:`pre`,dir:`auto`,children:e.reply}),t?A(`button`,{type:`button`,class:`button small`,onClick:()=>t(e.reply),children:F(`makeCurated`)}):null]}):null]})}function Um({config:e,connect:t}){let[n,r]=h(`asking`),i=e=>{ui(``),Vf(),r({trouble:e})},a=()=>{i(`refused`)};return S(()=>{document.documentElement.lang=pe.value===`zh`?`zh-CN`:`en`,document.title=F(`deskTitle`)},[pe.value]),S(()=>{Wm(e,a,()=>{i(`accountEnded`)}).then(r)},[]),n===`asking`?A(Y,{}):`trouble`in n?A(Om,{config:e,trouble:n.trouble,onSignedIn:(e,t)=>{ui(e),r({credentials:de(e,a),me:t})}}):pi.value===``?A(km,{proposed:n.me.name}):A(Km,{config:e,connect:t,credentials:n.credentials,me:n.me,leave:i})}async function Wm(e,t,n){let r=null;if(li()!==``){let e=de(li(),t),n=await Dm(e);if(`me`in n)return{credentials:e,me:n.me};r=n.trouble,r!==`unreachable`&&ui(``)}return e.oidc?Gm(e.oidc,n,r):{trouble:r}}async function Gm(e,t,n){let r=zf(new URL(location.href)),i;try{i=await Bf(e,t)}catch{return{trouble:`provider`}}if(i===null)return{trouble:n};let a=new Set;for(let e of i){let t=await Dm(e);if(`me`in t)return{credentials:e,me:t.me};a.add(t.trouble)}return a.has(`unreachable`)?{trouble:`unreachable`}:(Vf(),{trouble:a.has(`stranger`)?`accountStranger`:r?`accountRefused`:`accountEnded`})}function Km({config:e,connect:t,credentials:n,me:r,leave:i}){let a=pi.value,o=Ce(()=>({services:gu(t(n)),me:r,credentials:n,config:e,agent:a,signOut:()=>i(null)}),[n,a]);return S(()=>{if(!ki(r,`desk`))return;let[e,t]=[ds(o.services,a),hs(a)];return()=>{e(),t()}},[o]),S(()=>ki(r,`settings`)?ko(o.services):void 0,[o]),A(si,{value:o,children:A(Jm,{})})}var qm={inbox:`inbox`,conversations:`say`,review:`check`,unanswered:`question`,knowledge:`book`,procedures:`flow`,golden:`star`,numbers:`chart`,settings:`gear`};function Jm(){let{me:e,agent:t,config:n,signOut:r}=W(),{section:i}=$r.value,a=Mi(e),o=location.hash.length<3?a[0]??i:i,s=Vo($.value,t),c={inbox:F(`inbox`),conversations:F(`conversationsTitle`),review:F(`review`),unanswered:F(`unanswered`),knowledge:F(`knowledge`),procedures:F(`procedures`),golden:F(`golden`),numbers:F(`numbers`),settings:F(`settings`)};return A(`div`,{class:`shell`,children:[A(`a`,{class:`skip`,href:`#main`,onClick:Xm,children:F(`skip`)}),A(`header`,{class:`side`,children:[A(`p`,{class:`brand`,children:[A(`img`,{src:`/icon.svg`,alt:``,width:`28`,height:`28`}),A(`span`,{children:n.title})]}),A(`nav`,{class:`main-nav`,"aria-label":F(`sections`),children:a.map(e=>A(`a`,{href:U(e),"aria-current":e===o?`page`:void 0,children:[A(G,{name:qm[e]}),A(`span`,{class:`nav-name`,"data-name":c[e],children:c[e]}),e===`inbox`&&s>0?A(`span`,{class:`nav-count`,children:[s,A(`span`,{class:`unseen`,children:[` `,F(`wantYou`)]})]}):null,e===`golden`&&Oo.value>0?A(`span`,{class:`nav-count`,children:[Oo.value,A(`span`,{class:`unseen`,children:[` `,F(`goldenLost`)]})]}):null]},e))}),A(`div`,{class:`side-foot`,children:[A(`p`,{class:`side-who`,children:[A(`span`,{class:`dot`,"aria-hidden":`true`}),` `,A(`span`,{children:[t,` `,A(`span`,{class:`soft`,children:Ni(e)})]})]}),A(`button`,{type:`button`,class:`button quiet small`,onClick:()=>mi(``),children:[A(G,{name:`edit`}),` `,F(`changeName`)]}),A(`button`,{type:`button`,class:`button quiet small`,"aria-pressed":fs.value,onClick:()=>ms(!fs.value),children:[A(G,{name:fs.value?`bell`:`mute`}),` `,fs.value?F(`soundOn`):F(`soundOff`)]}),A(qp,{}),A(Yp,{}),A(`button`,{type:`button`,class:`button quiet small`,onClick:r,children:[A(G,{name:`leave`}),` `,F(`signOut`)]})]})]}),A(`main`,{id:`main`,class:`main section-${o}`,tabIndex:-1,children:A(Ym,{section:o})}),A(`p`,{class:`unseen`,role:`status`,children:s>0?F(`callsFor`,{n:s}):``})]})}function Ym({section:e}){let{me:t}=W(),n=ji(t,e);if(n!==null)return A(`div`,{class:`page`,children:A(J,{icon:`leave`,title:F(`noScope`,{scope:n}),children:F(`noScopeMore`,{scope:n})})});switch(e){case`inbox`:return A(Ac,{});case`conversations`:return A(ja,{});case`review`:return A(Ia,{});case`unanswered`:return A(Bm,{});case`knowledge`:return A(Id,{});case`procedures`:return A(Kp,{});case`golden`:return A(Eo,{});case`numbers`:return A(Df,{});case`settings`:return A(Tm,{})}}function Xm(e){e.preventDefault(),document.getElementById(`main`)?.focus()}function Zm({onRetry:e}){return A(`main`,{class:`gate`,children:A(`div`,{class:`gate-card stack`,children:[A(`h1`,{children:F(`deskTitle`)}),A(K,{kind:`danger`,children:F(`troubleUnreachable`)}),A(`button`,{type:`button`,class:`button primary wide`,onClick:e,children:F(`retry`)})]})})}var Qm=document.getElementById(`app`);_i(),ti();async function $m(){let e=await He();Je(e.accent),r(A(Um,{config:e,connect:e=>Le(location.origin,e)}),Qm)}function eh(){$m().catch(()=>{r(A(Zm,{onRetry:eh}),Qm)})}eh();