//! OpenID Connect providers: whose web identities may assume roles.

mod lifecycle;
mod settings;
mod subjects;
mod tags;

pub(super) use lifecycle::{
    CreateOpenIDConnectProvider, DeleteOpenIDConnectProvider, GetOpenIDConnectProvider,
    ListOpenIDConnectProviders,
};
pub(super) use settings::{
    AddClientIDToOpenIDConnectProvider, RemoveClientIDFromOpenIDConnectProvider,
    UpdateOpenIDConnectProviderThumbprint,
};
pub(super) use tags::{ListOpenIDConnectProviderTags, TagOpenIDConnectProvider, UntagOpenIDConnectProvider};
